package config

import (
	"encoding/hex"
	"maps"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/trust"
)

// Broken returns the rules that a configuration breaks, with all problems.
func Broken(name string, text []byte, look Environment) ([]string, source.Problems) {
	hit := make(map[string]bool)
	_, problems := parse(name, text, look, Unasked, hit)
	return slices.Sorted(maps.Keys(hit)), problems
}

// Encode writes what a configuration says beyond defaults as values for JSON,
// with secrets as variables that Decoding knows. What reading fills in is left
// out: some keys must not be written where they have no meaning.
func Encode(c *Config) any { return encode(reflect.ValueOf(c).Elem()) }

func encode(v reflect.Value) any {
	switch value := v.Interface().(type) {
	case trust.Secret:
		return "${env:X" + hex.EncodeToString([]byte(value.Reveal())) + "}"
	case time.Duration:
		return duration(value)
	case netip.Prefix:
		return value.String()
	case Bytes:
		return int64(value)
	}
	switch v.Kind() {
	case reflect.Pointer:
		return encode(v.Elem())
	case reflect.Struct:
		group := map[string]any{}
		for _, f := range fields(v.Type()) {
			if at := v.FieldByIndex(f.index); !at.IsZero() && !f.isDefault(at) {
				group[f.name] = encode(at)
			}
		}
		return group
	case reflect.Slice:
		list := []any{}
		for i := range v.Len() {
			list = append(list, encode(v.Index(i)))
		}
		return list
	case reflect.Map:
		group := map[string]any{}
		for _, name := range v.MapKeys() {
			group[name.String()] = encode(v.MapIndex(name))
		}
		return group
	}
	return v.Interface()
}

// isDefault reports whether v is what reading fills in.
func (f *field) isDefault(v reflect.Value) bool {
	if f.def == "" || f.inherit {
		return false
	}
	def := reflect.New(f.typ).Elem()
	f.set(def)
	return v.Equal(def)
}

// Decoding is the environment of what Encode wrote.
var Decoding = Environment{Env: func(name string) (string, bool) {
	value, err := hex.DecodeString(strings.TrimPrefix(name, "X"))
	return string(value), err == nil
}}

// Forget returns c without places and with secrets in the open.
func Forget(c *Config) any { return encode(reflect.ValueOf(c).Elem()) }

// RuleNames are the names of all rules.
func RuleNames() []string { return slices.Sorted(maps.Keys(rules)) }
