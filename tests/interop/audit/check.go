// Checks a log that `tillseal audit export` wrote, with the Go project's own implementation of signed notes and of RFC 6962
// (golang.org/x/mod/sumdb), which knows nothing of ours.
//
// usage: check VKEY DIR OLDER-CHECKPOINT PROOF...
package main

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8

func main() {
	if err := check(os.Args[1], os.Args[2], os.Args[3], os.Args[4:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func check(vkey, dir, olderFile string, proofs []string) error {
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return err
	}
	head, err := open(filepath.Join(dir, "checkpoint"), verifier)
	if err != nil {
		return err
	}
	older, err := open(olderFile, verifier)
	if err != nil {
		return err
	}

	// The tiles lead to the root: the reader checks each tile that it reads against the tree.
	tiles := tlog.TileHashReader(head, reader(dir))
	root, err := tlog.TreeHash(head.N, tiles)
	if err != nil || root != head.Hash {
		return fmt.Errorf("tiles: root %v, want %v: %v", root, head.Hash, err)
	}

	// The tree only grew.
	grown, err := tlog.ProveTree(head.N, older.N, tiles)
	if err != nil {
		return err
	}
	if err := tlog.CheckTree(grown, head.N, head.Hash, older.N, older.Hash); err != nil {
		return fmt.Errorf("consistency: %w", err)
	}

	// Every entry is in it.
	entries, err := bundles(dir, head.N)
	if err != nil {
		return err
	}
	for start := 0; start < len(entries); start += 1 << height {
		bundle := entries[start:min(start+1<<height, len(entries))]
		indexes := make([]int64, len(bundle))
		for place := range bundle {
			indexes[place] = tlog.StoredHashIndex(0, int64(start+place))
		}
		hashes, err := tiles.ReadHashes(indexes)
		if err != nil {
			return err
		}
		for place, entry := range bundle {
			if hashes[place] != tlog.RecordHash(entry) {
				return fmt.Errorf("entry %d is not what was signed", start+place)
			}
		}
	}

	// So do the proofs that we wrote say.
	for _, file := range proofs {
		if err := checkProof(file, verifier, entries); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	fmt.Printf("%d entries, %d proofs, grown from %d\n", head.N, len(proofs), older.N)
	return nil
}

// open reads a checkpoint that the key signed.
func open(file string, verifier note.Verifier) (tlog.Tree, error) {
	signed, err := os.ReadFile(file)
	if err != nil {
		return tlog.Tree{}, err
	}
	return parse(signed, verifier)
}

func parse(signed []byte, verifier note.Verifier) (tlog.Tree, error) {
	opened, err := note.Open(signed, note.VerifierList(verifier))
	if err != nil {
		return tlog.Tree{}, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() || lines[3] != "" {
		return tlog.Tree{}, fmt.Errorf("not a checkpoint: %q", opened.Text)
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return tlog.Tree{}, err
	}
	hash, err := tlog.ParseHash(lines[2])
	return tlog.Tree{N: size, Hash: hash}, err
}

// reader reads tiles from where C2SP tlog-tiles puts them: the paths of Go without the height.
type reader string

func (reader) Height() int { return height }

func (reader) SaveTiles([]tlog.Tile, [][]byte) {}

func (dir reader) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range tiles {
		path := strings.Replace(tile.Path(), fmt.Sprintf("tile/%d/", height), "tile/", 1)
		data, err := os.ReadFile(filepath.Join(string(dir), path))
		if err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, nil
}

func bundles(dir string, size int64) ([][]byte, error) {
	var entries [][]byte
	for start := int64(0); start < size; start += 1 << height {
		width := min(size-start, 1<<height)
		tile := tlog.Tile{H: height, L: -1, N: start >> height, W: int(width)}
		path := strings.Replace(tile.Path(), fmt.Sprintf("tile/%d/data/", height), "tile/entries/", 1)
		data, err := os.ReadFile(filepath.Join(dir, path))
		if err != nil {
			return nil, err
		}
		for len(data) > 0 {
			length := 2 + int(binary.BigEndian.Uint16(data))
			entries = append(entries, data[2:length])
			data = data[length:]
		}
	}
	if int64(len(entries)) != size {
		return nil, fmt.Errorf("%d entries, want %d", len(entries), size)
	}
	return entries, nil
}

// checkProof checks the text of C2SP tlog-proof.
func checkProof(file string, verifier note.Verifier, entries [][]byte) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	proof, checkpoint, _ := strings.Cut(string(text), "\n\n")
	lines := strings.Split(proof, "\n")
	if len(lines) < 2 || lines[0] != "c2sp.org/tlog-proof@v1" {
		return errors.New("not a proof")
	}
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[1], "index "), 10, 64)
	if err != nil {
		return err
	}
	var path tlog.RecordProof
	for _, line := range lines[2:] {
		var hash tlog.Hash
		decoded, err := base64.StdEncoding.DecodeString(line)
		if err != nil || copy(hash[:], decoded) != tlog.HashSize {
			return fmt.Errorf("not a hash: %q", line)
		}
		path = append(path, hash)
	}
	head, err := parse([]byte(checkpoint), verifier)
	if err != nil {
		return err
	}
	return tlog.CheckRecord(path, head.N, head.Hash, index, tlog.RecordHash(entries[index]))
}
