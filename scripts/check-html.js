// For scripts/check-html: each page in each way of looking at it.
'use strict';
const path = require('path');
const {pathToFileURL} = require('url');
const axe = require('axe-core');
const {chromium} = require('playwright-core');

const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu',
  '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync'];
const WAYS = [
  {name: 'light', media: {colorScheme: 'light', media: 'screen'}},
  {name: 'dark', media: {colorScheme: 'dark', media: 'screen'}},
  {name: 'printed', media: {colorScheme: 'light', media: 'print'}},
  {name: 'small', media: {colorScheme: 'light', media: 'screen'},
    size: {width: 320, height: 640}},
];

function say(file, way, id, text, places) {
  console.log(`${file}: ${way}: ${id}: ${text}`);
  for (const place of places) console.log(`    ${place}`);
}

async function look(browser, file, way) {
  const url = pathToFileURL(path.resolve(file)).href;
  const context = await browser.newContext(
      {bypassCSP: true, viewport: way.size || {width: 1000, height: 800}});
  const page = await context.newPage();
  let bad = 0;

  page.on('request', (r) => {
    if (r.url() === url) return;
    bad++;
    say(file, way.name, 'request', 'asks for what is not in it', [r.url()]);
  });
  await page.emulateMedia(way.media);
  await page.goto(url);
  await page.evaluate(axe.source);
  const result = await page.evaluate(() => globalThis.axe.run(document));
  for (const v of result.violations) {
    bad++;
    say(file, way.name, v.id, v.help,
        v.nodes.map((n) => `${n.target.join(' ')}: ${n.failureSummary}`));
  }
  // The way of reading at 400 %: nothing but tables may be wider (WCAG 1.4.10).
  const wide = await page.evaluate(
      () => document.documentElement.scrollWidth > window.innerWidth);
  if (wide) {
    bad++;
    say(file, way.name, 'reflow', 'the page is wider than the window', []);
  }
  await context.close();
  return bad;
}

async function main(files) {
  const browser = await chromium.launch(
      {executablePath: process.env.CHROMIUM, args: FLAGS});
  let bad = 0;

  for (const file of files) {
    for (const way of WAYS) bad += await look(browser, file, way);
  }
  await browser.close();
  if (bad === 0) console.log(`${files.length} page(s), ${WAYS.length} ways: good`);
  return bad === 0 ? 0 : 1;
}

main(process.argv.slice(2)).then((code) => process.exit(code), (error) => {
  console.error(`check-html: ${error.message}`);
  process.exit(3);
});
