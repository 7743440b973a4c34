// A log seen by golang.org/x/mod's sumdb/tlog and note, and one made by them.
//
//	xmod check DIR VKEY      an export, every entry and proof of it
//	xmod proof FILE ENTRY VKEY
//	xmod head FILE VKEY      a head, whoever else signed it
//	xmod actor ENTRY NAME KEY  who signed an entry's request
//	xmod make DIR SIZE ORIGIN  prints the log's vkey; DIR grows if it is there
package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// x/mod says tile/8/0/000 where C2SP says tile/0/000.
func path(t tlog.Tile) string {
	return strings.Replace(t.Path(), "tile/8/", "tile/", 1)
}

type tiles struct{ dir string }

func (r tiles) Height() int                         { return height }
func (r tiles) SaveTiles(_ []tlog.Tile, _ [][]byte) {}
func (r tiles) ReadTiles(list []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, t := range list {
		// It asks for as much as it needs; a wider tile begins alike.
		data, err := os.ReadFile(filepath.Join(r.dir, path(t)))
		for w := t.W + 1; err != nil && w <= 1<<height; w++ {
			wider := t
			wider.W = w
			data, err = os.ReadFile(filepath.Join(r.dir, path(wider)))
		}
		if err != nil {
			return nil, err
		}
		all = append(all, data[:t.W*tlog.HashSize])
	}
	return all, nil
}

func head(raw []byte, vkey string) tlog.Tree {
	v, err := note.NewVerifier(vkey)
	must(err)
	n, err := note.Open(raw, note.VerifierList(v))
	must(err)
	lines := strings.Split(n.Text, "\n")
	if len(lines) != 4 || lines[0] != v.Name() {
		log.Fatal("not a checkpoint of ", v.Name())
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	must(err)
	root, err := tlog.ParseHash(lines[2])
	must(err)
	return tlog.Tree{N: size, Hash: root}
}

func entries(dir string, size int64) [][]byte {
	var all [][]byte
	for k := int64(0); k*256 < size; k++ {
		w := 256
		if size-k*256 < 256 {
			w = int(size - k*256)
		}
		name := strings.Replace(path(tlog.Tile{H: height, L: 0, N: k, W: w}),
			"tile/0/", "tile/entries/", 1)
		data, err := os.ReadFile(filepath.Join(dir, name))
		must(err)
		for ; w > 0; w-- {
			n := int(binary.BigEndian.Uint16(data))
			all = append(all, data[2:2+n])
			data = data[2+n:]
		}
		if len(data) > 0 {
			log.Fatal("bytes behind ", name)
		}
	}
	return all
}

func check(dir, vkey string) {
	raw, err := os.ReadFile(filepath.Join(dir, "checkpoint"))
	must(err)
	tree := head(raw, vkey)
	r := tlog.TileHashReader(tree, tiles{dir})
	all := entries(dir, tree.N)
	for i, e := range all {
		p, err := tlog.ProveRecord(tree.N, int64(i), r)
		must(err)
		must(tlog.CheckRecord(p, tree.N, tree.Hash, int64(i),
			tlog.RecordHash(e)))
	}
	for m := int64(1); m <= tree.N; m++ {
		old, err := tlog.TreeHash(m, r)
		must(err)
		p, err := tlog.ProveTree(tree.N, m, r)
		must(err)
		must(tlog.CheckTree(p, tree.N, tree.Hash, m, old))
	}
	fmt.Println(len(all), "entries and their proofs are good")
}

func proof(file, entry, vkey string) {
	raw, err := os.ReadFile(file)
	must(err)
	e, err := os.ReadFile(entry)
	must(err)
	top, rest, found := bytes.Cut(raw, []byte("\n\n"))
	lines := strings.Split(string(top), "\n")
	if !found || len(lines) < 2 || lines[0] != "c2sp.org/tlog-proof@v1" {
		log.Fatal("not a tlog-proof")
	}
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[1], "index "), 10, 64)
	must(err)
	var p tlog.RecordProof
	for _, l := range lines[2:] {
		h, err := tlog.ParseHash(l)
		must(err)
		p = append(p, h)
	}
	tree := head(rest, vkey)
	must(tlog.CheckRecord(p, tree.N, tree.Hash, index, tlog.RecordHash(e)))
	fmt.Println("entry", index, "is proved")
}

func actor(file, name, key64 string) {
	raw, err := os.ReadFile(file)
	must(err)
	_, request, found := bytes.Cut(raw, []byte("\n\n"))
	key, err := base64.StdEncoding.DecodeString(key64)
	if !found || err != nil {
		log.Fatal("no request, or no key")
	}
	vkey, err := note.NewEd25519VerifierKey(name, key)
	must(err)
	v, err := note.NewVerifier(vkey)
	must(err)
	_, err = note.Open(request, note.VerifierList(v))
	must(err)
	fmt.Println(name, "signed it")
}

// ---- The other way ----

type stored []tlog.Hash

func (s stored) ReadHashes(at []int64) ([]tlog.Hash, error) {
	var all []tlog.Hash
	for _, i := range at {
		all = append(all, s[i])
	}
	return all, nil
}

func write(dir, name string, data []byte) {
	file := filepath.Join(dir, name)
	must(os.MkdirAll(filepath.Dir(file), 0700))
	must(os.WriteFile(file, data, 0600))
}

func entry(i int64) []byte { return []byte(fmt.Sprintf("foreign entry %d\n", i)) }

func make_(dir string, size int64, origin string) {
	// The same key each time, so that two sizes are two heads of one log.
	seed := sha256.Sum256([]byte("svault test of x/mod"))
	skey, vkey, err := note.GenerateKey(bytes.NewReader(seed[:]), origin)
	must(err)
	var hashes stored
	for i := int64(0); i < size; i++ {
		more, err := tlog.StoredHashes(i, entry(i), hashes)
		must(err)
		hashes = append(hashes, more...)
	}
	for _, t := range tlog.NewTiles(height, 0, size) {
		// Of partial tiles it names every width up to the last.
		if t.W < 256 && int64(t.W) != size>>(height*t.L)%256 {
			continue
		}
		data, err := tlog.ReadTileData(t, hashes)
		must(err)
		write(dir, path(t), data)
		if t.L != 0 {
			continue
		}
		var bundle []byte
		for i := t.N * 256; i < t.N*256+int64(t.W); i++ {
			bundle = binary.BigEndian.AppendUint16(bundle, uint16(len(entry(i))))
			bundle = append(bundle, entry(i)...)
		}
		write(dir, strings.Replace(path(t), "tile/0/", "tile/entries/", 1), bundle)
	}
	root, err := tlog.TreeHash(size, hashes)
	must(err)
	signer, err := note.NewSigner(skey)
	must(err)
	text := fmt.Sprintf("%s\n%d\n%s\n", origin, size,
		base64.StdEncoding.EncodeToString(root[:]))
	signed, err := note.Sign(&note.Note{Text: text}, signer)
	must(err)
	write(dir, "checkpoint", signed)
	p, err := tlog.ProveRecord(size, size/2, hashes)
	must(err)
	out := fmt.Sprintf("c2sp.org/tlog-proof@v1\nindex %d\n", size/2)
	for _, h := range p {
		out += h.String() + "\n"
	}
	must(os.WriteFile(dir+".tlog-proof", append([]byte(out+"\n"), signed...), 0600))
	must(os.WriteFile(dir+".entry", entry(size/2), 0600))
	fmt.Println(vkey)
}

func main() {
	log.SetFlags(0)
	switch a := os.Args[1:]; {
	case len(a) == 3 && a[0] == "check":
		check(a[1], a[2])
	case len(a) == 4 && a[0] == "actor":
		actor(a[1], a[2], a[3])
	case len(a) == 3 && a[0] == "head":
		raw, err := os.ReadFile(a[1])
		must(err)
		fmt.Println(head(raw, a[2]).N, "entries")
	case len(a) == 4 && a[0] == "proof":
		proof(a[1], a[2], a[3])
	case len(a) == 4 && a[0] == "make":
		size, err := strconv.ParseInt(a[2], 10, 64)
		must(err)
		make_(a[1], size, a[3])
	default:
		log.Fatal("check DIR VKEY | head FILE VKEY | proof FILE ENTRY VKEY | make DIR SIZE ORIGIN")
	}
}
