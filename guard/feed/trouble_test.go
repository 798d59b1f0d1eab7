package feed

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/maxmind/mmdbwriter"
	"github.com/maxmind/mmdbwriter/mmdbtype"
)

// databaseOf writes a database of a type, made at a time, of one network with
// that record.
func databaseOf(t *testing.T, kind string, at time.Time, record mmdbtype.Map) []byte {
	t.Helper()
	w, err := mmdbwriter.New(mmdbwriter.Options{DatabaseType: kind, RecordSize: 24, IncludeReservedNetworks: true, BuildEpoch: at.Unix()})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.InsertRange([]byte{1, 0, 0, 0}, []byte{1, 0, 0, 255}, record); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if _, err := w.WriteTo(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func packed(t *testing.T, data []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write(data); err != nil || z.Close() != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func archived(t *testing.T, data []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	if err := w.WriteHeader(&tar.Header{Name: "a.mmdb", Mode: 0o600, Size: int64(len(data))}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(data); err != nil || w.Close() != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestTrouble is what operators hear of files: what is wrong and what to do.
func TestTrouble(t *testing.T) {
	germany := mmdbtype.Map{"country": mmdbtype.Map{"iso_code": mmdbtype.String("DE")}}
	now := time.Now()
	good, past := databaseOf(t, "Test-Country", now, germany), now.AddDate(0, 0, -100)
	rows := []struct {
		name       string
		kind       Kind
		data       []byte
		text, hint string // none of a file that is as it should be
	}{
		{"good", Countries, good, "", ""},
		{"of-no-date", Countries, databaseOf(t, "Test-Country", time.Unix(0, 0), germany), "", ""},
		{"old", Countries, databaseOf(t, "Test-Country", past, germany), "the database was made on " + past.UTC().Format(time.DateOnly) + ", 100 days ago, and is used on", "put a newer one in its place"},
		{"empty", Countries, nil, "the file is empty", "download it anew"},
		{"gzip", Countries, packed(t, good), "the file is packed", "unpack it"},
		{"tar", Countries, archived(t, good), "the file is packed", "unpack it"},
		{"zip", Countries, []byte("PK\x03\x04\x00\x00"), "the file is packed", "unpack it"},
		{"csv", Countries, []byte("network,geoname_id\n1.0.0.0/24,2077456\n"), "the file is text, not a database", "not as CSV"},
		{"page", Countries, []byte("<html>Invalid license key</html>"), "the file is a page", "what the server said in place of the download"},
		{"cut", Countries, good[:len(good)/4], "no database in the format of MaxMind, or was cut short", "download it anew"},
		{"broken", Countries, append([]byte{0, 0, 0}, "\xab\xcd\xefMaxMind.com"...), "the database cannot be read: ", "download it anew"},
		{"no-countries", Countries, databaseOf(t, "GeoLite2-ASN", now, mmdbtype.Map{"autonomous_system_number": mmdbtype.Uint32(1)}), `the database, "GeoLite2-ASN", has no countries`, "country.iso_code"},
		{"list", List, []byte("192.0.2.1\n"), "", ""},
		{"list-of-a-database", List, good, "the list cannot be read: line 1: ", "write one address, network or range a line"},
		{"list-of-words", List, []byte("192.0.2.1\nx\n"), "the list cannot be read: line 2: ", "write one address, network or range a line"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			name := filepath.Join(t.TempDir(), "feed")
			if err := os.WriteFile(name, row.data, 0o600); err != nil {
				t.Fatal(err)
			}
			told(t, Check(Options{Kind: row.kind, File: name, MaxStale: 90 * 24 * time.Hour}), row.text, row.hint)
		})
	}
	folder := t.TempDir()
	for name, row := range map[string][3]string{
		"missing":      {filepath.Join(folder, "none.mmdb"), "there is no such file", "put a database in the format of MaxMind (.mmdb) there"},
		"folder":       {folder, "this is a folder", "name the file in it"},
		"device":       {os.DevNull, "this is a pipe, a socket or a device", "name a file"},
		"below-a-file": {filepath.Join(os.Args[0], "a.mmdb"), "the file cannot be read: ", "look at the disk"},
	} {
		t.Run(name, func(t *testing.T) {
			told(t, Check(Options{Kind: Countries, File: row[0]}), row[1], row[2])
		})
	}
	told(t, explained(Countries, &fs.PathError{Op: "open", Path: "a", Err: fs.ErrPermission}), "the file may not be read", "the user as whom the gate runs")
	large := filepath.Join(folder, "large")
	if err := os.WriteFile(large, []byte("192.0.2.1\n192.0.2.2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	told(t, Check(Options{File: large, MaxBytes: 10}), "the file is larger than it may be", "a list with one address")
}

// told holds an error to what it says; texts of "" want none.
func told(t *testing.T, err error, text, hint string) {
	t.Helper()
	var got *Trouble
	if text == "" {
		if err != nil {
			t.Error(err)
		}
		return
	}
	if !errors.As(err, &got) || !strings.HasPrefix(got.Error(), text) && !strings.Contains(got.Text, text) || !strings.Contains(got.Hint, hint) {
		t.Errorf("%v (%+v), want %q, %q", err, got, text, hint)
	}
	if got != nil && got.Used != strings.Contains(text, "is used on") {
		t.Errorf("%v: used: %t", err, got.Used)
	}
}

// TestOldDatabase: one that is old is used, and the log says so once.
func TestOldDatabase(t *testing.T) {
	s, log := logged(t, databaseOf(t, "Test-Country", time.Now().AddDate(-1, 0, 0), mmdbtype.Map{"country": mmdbtype.Map{"iso_code": mmdbtype.String("DE")}}))
	for range 2 {
		if err := s.Load(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if code, x := judge(New(nil, &Geo{Source: s, Allow: []string{"DE"}}), "1.0.0.7"); code != 0 || x.Country != "DE" {
		t.Error(code, x.Country)
	}
	if said := log.String(); strings.Count(said, "a feed is old") != 1 || !strings.Contains(said, "hint=") || !strings.Contains(said, "days ago") {
		t.Error(said)
	}
	if err := os.WriteFile(s.o.File, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.Load(t.Context()); err == nil || fmt.Sprint(err) != "the file is text, not a database" {
		t.Error(err)
	}
}

// logged returns a source of a file that holds for 90 days, and its log.
func logged(t *testing.T, data []byte) (*Source, *bytes.Buffer) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "countries.mmdb")
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	return NewSource(Options{Name: "geo", Kind: Countries, File: name, MaxStale: 90 * 24 * time.Hour, Log: slog.New(slog.NewTextHandler(&log, nil))}), &log
}
