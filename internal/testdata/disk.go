package testdata

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"
)

// Disk is a file system of a test's own, small enough to be full soon, which can
// turn read-only as one does whose disk fails.
type Disk struct {
	Path  string // where it is mounted
	t     testing.TB
	image string
}

// NewDisk makes a disk of so many bytes. A test that may not mount one lacks it.
func NewDisk(t testing.TB, bytes int64) *Disk {
	t.Helper()
	if runtime.GOOS != "linux" || os.Geteuid() != 0 {
		Lack(t, "disks are mounted by root, on Linux")
	}
	mkfs := Program(t, "mkfs.ext4", "e2fsprogs")
	dir := t.TempDir()
	d := &Disk{t: t, Path: filepath.Join(dir, "disk"), image: filepath.Join(dir, "image")}
	if err := errors.Join(os.Mkdir(d.Path, 0o700), os.WriteFile(d.image, nil, 0o600), os.Truncate(d.image, bytes)); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(mkfs, "-q", "-F", "-m", "0", d.image).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if out, err := d.mount(); err != nil {
		Lack(t, "no disk can be mounted here: %v\n%s", err, out)
	}
	t.Cleanup(func() { exec.Command("umount", "-l", d.Path).Run() })
	return d
}

func (d *Disk) mount(options ...string) ([]byte, error) {
	list := "loop"
	for _, o := range options {
		list += "," + o
	}
	return exec.Command("mount", "-t", "ext4", "-o", list, d.image, d.Path).CombinedOutput()
}

func (d *Disk) filler() string { return filepath.Join(d.Path, "filler") }

// Fill takes all the room that there is.
func (d *Disk) Fill() {
	d.t.Helper()
	f, err := os.OpenFile(d.filler(), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		d.t.Fatal(err)
	}
	defer f.Close()
	for size := 1 << 20; size > 0; { // to the last byte
		switch _, err = f.Write(make([]byte, size)); {
		case err == nil:
		case errors.Is(err, syscall.ENOSPC):
			size /= 2
		default:
			d.t.Fatal(err)
		}
	}
	if err := f.Sync(); err != nil && !errors.Is(err, syscall.ENOSPC) && !errors.Is(err, io.ErrShortWrite) {
		d.t.Fatal(err)
	}
}

// Leave gives back so many bytes of what Fill took.
func (d *Disk) Leave(bytes int64) {
	d.t.Helper()
	info, err := os.Stat(d.filler())
	if err == nil {
		err = os.Truncate(d.filler(), max(0, info.Size()-bytes))
	}
	if err != nil {
		d.t.Fatal(err)
	}
}

// Empty gives back what Fill took.
func (d *Disk) Empty() {
	d.t.Helper()
	if err := os.Remove(d.filler()); err != nil {
		d.t.Fatal(err)
	}
}

// Fail has the disk turn read-only under whoever writes to it, as ext4 does when
// it comes upon an error. What was not synced is lost.
func (d *Disk) Fail() {
	d.t.Helper()
	if out, err := exec.Command("mount", "-o", "remount,abort", d.Path).CombinedOutput(); err != nil {
		d.t.Fatalf("%v\n%s", err, out)
	}
}

// Again repairs the disk and mounts it anew, with options as mount has them. Nobody
// may use it.
func (d *Disk) Again(options ...string) {
	d.t.Helper()
	for limit := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) { // who ended may still close files
		out, err := exec.Command("umount", d.Path).CombinedOutput()
		if err == nil {
			break
		}
		if time.Now().After(limit) {
			d.t.Fatalf("%v\n%s", err, out)
		}
	}
	out, err := exec.Command("e2fsck", "-fy", d.image).CombinedOutput()
	if ended := (*exec.ExitError)(nil); errors.As(err, &ended) && ended.ExitCode() > 1 || err != nil && ended == nil { // 1: mended
		d.t.Fatalf("%v\n%s", err, out)
	}
	if out, err := d.mount(options...); err != nil {
		d.t.Fatalf("%v\n%s", err, out)
	}
}
