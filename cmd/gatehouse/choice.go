package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/gatehouse-api/gatehouse/contract/source"
)

// choice is a flag that takes one of a few words.
type choice[T any] struct {
	target *T
	words  []string // in the order of values
	values []T
	now    string
}

func (c *choice[T]) String() string { return c.now }
func (c *choice[T]) Type() string   { return strings.Join(c.words, "|") }

func (c *choice[T]) Set(s string) error {
	for i, word := range c.words {
		if s == word {
			*c.target, c.now = c.values[i], s
			return nil
		}
	}
	return fmt.Errorf("must be one of %s; %s", strings.Join(c.words, ", "), source.DidYouMean("it is none of them", s, c.words...))
}

// size is a flag that takes a number of bytes: 4096, 64KiB, 1MiB.
type size int64

var units = []struct {
	name  string
	bytes int64
}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"B", 1}, {"", 1}}

func (s *size) Type() string { return "bytes" }

func (s *size) String() string {
	for i := range 3 {
		u := units[2-i]
		if *s >= size(u.bytes) && int64(*s)%u.bytes == 0 {
			return strconv.FormatInt(int64(*s)/u.bytes, 10) + u.name
		}
	}
	return strconv.FormatInt(int64(*s), 10)
}

// maxSize keeps products of sizes within an int64.
const maxSize = 1 << 40

func (s *size) Set(text string) error {
	for _, u := range units {
		digits, ok := strings.CutSuffix(text, u.name)
		if !ok {
			continue
		}
		n, err := strconv.ParseInt(digits, 10, 64)
		if err != nil || n < 1 || n > maxSize/u.bytes {
			break
		}
		*s = size(n * u.bytes)
		return nil
	}
	return fmt.Errorf("must be a number of bytes from 1 to 1024GiB, such as 4096, 64KiB or 1MiB")
}
