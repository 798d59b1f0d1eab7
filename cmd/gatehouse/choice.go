package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

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
	must := "must be " + c.words[0]
	if len(c.words) > 1 {
		must = "must be one of " + strings.Join(c.words, ", ")
	}
	if near := source.DidYouMean("", s, c.words...); near != "" {
		must += "; " + near
	}
	return errors.New(must)
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

// span is a flag that takes a time: 30s, 2m, 1m30s.
type span time.Duration

func (s *span) Type() string   { return "duration" }
func (s *span) String() string { return time.Duration(*s).String() }

func (s *span) Set(text string) error {
	d, err := time.ParseDuration(text)
	if err == nil {
		*s = span(d)
		return nil
	}
	if _, err := strconv.ParseUint(text, 10, 32); err == nil {
		return fmt.Errorf("must have a unit, such as %ss or %sm", text, text)
	}
	return errors.New("must be a time with its unit, such as 30s or 2m")
}
