#!/bin/sh
# A release's workbook in LibreOffice and its page in Chromium: what they show
# and what they print.  With KEEP=DIR the pictures are left there to look at.
. "$(dirname "$0")/lib.sh"
. "$here/release.sh"

for tool in soffice chromium pdftotext; do
    if ! command -v "$tool" >/dev/null; then
        echo "skipped: there is no $tool" >&2
        exit 77
    fi
done

browse() {
    chromium --headless --no-sandbox --disable-gpu --disable-quic \
        --no-first-run --disable-background-networking \
        --disable-component-update --disable-sync --hide-scrollbars \
        --user-data-dir="$dir/chromium" --enable-logging=stderr "$@" >out 2>err
}

# expect_shown PDF TEXT...
expect_shown() {
    pdf=$1
    shift
    pdftotext -layout "$pdf" - >out 2>err || fail "$pdf is no PDF"
    for text in "$@"; do
        grep -qF -e "$text" out || fail "$pdf does not show \"$text\""
    done
}

make_release
en="Annual report on trafficking in persons"
ja="人身取引対策に関する年次報告"

soffice --headless -env:UserInstallation="file://$dir/office-suite" \
    --convert-to pdf --outdir . report/report.en.xlsx report/report.ja.xlsx \
    >out 2>err || fail "LibreOffice does not open the workbooks"
expect_shown report.en.pdf "$en" "Exact figures" "'=1+1 <b>" \
    "Table 5. Victims of trafficking in persons: Age" "+15" "Table 16 17 / 17"
expect_shown report.ja.pdf "$ja" "人身取引の被害者：年齢" "前年比増減" "+15"

for lang in en ja; do
    page=file://$dir/report/report.$lang.html
    for scheme in 0 1; do # dark, light
        browse --blink-settings=preferredColorScheme=$scheme \
            --window-size=1200,2400 --screenshot="page-$lang-$scheme.png" "$page"
        expect_not_in err "Content Security Policy"
        [ "$(wc -c <"page-$lang-$scheme.png")" -gt 50000 ] ||
            fail "page-$lang-$scheme.png shows nothing"
    done
    cmp -s "page-$lang-0.png" "page-$lang-1.png" &&
        fail "the page is the same by day and by night"
    browse --no-pdf-header-footer --print-to-pdf="page-$lang.pdf" "$page"
done
expect_shown page-en.pdf "$en" "Table 5. Age" "Minors (under 18)" "−1" \
    "=1+1 <b>" "Table 16. Suspects prosecuted"
expect_shown page-ja.pdf "$ja" "表5" "未成年者（18歳未満）"
pages=$(pdfinfo page-en.pdf | sed -n 's/^Pages: *//p')
[ "$pages" -le 8 ] || fail "the page takes $pages sheets of paper"
pdfinfo page-en.pdf | grep -q A4 || fail "the page is not for A4"

[ -z "${KEEP:-}" ] || cp ./*.pdf ./*.png "$KEEP"
finish
