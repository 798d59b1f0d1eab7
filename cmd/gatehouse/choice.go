package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/gatehouse-api/gatehouse/config"
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
type size config.Bytes

// maxSize is that of max_body_bytes in gatehouse.yaml.
const maxSize = 1 << 30

func (s *size) Type() string   { return "SIZE" }
func (s *size) String() string { return config.Bytes(*s).String() }

func (s *size) Set(text string) error {
	b, ok := config.ParseBytes(text)
	if !ok || b < 1 || b > maxSize {
		return errors.New("must be a number of bytes from 1 to 1GiB, such as 4096, 64KiB or 1MiB")
	}
	*s = size(b)
	return nil
}

// span is a flag that takes a time: 30s, 2m, 1m30s.
type span time.Duration

func (s *span) Type() string   { return "DURATION" }
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
