package config

import (
	"reflect"
	"strings"
	"sync"
)

// field is one key of a struct as its tag describes it:
//
//	key:"name,required,default=30s,min=1s,max=24h,form=host,keys=field,absent=word,example=..."
//
// Bounds are numbers, sizes or times for values that are, and counts of items
// for lists. A form is a row of forms, for text and the items of a list; keys
// is one for the names of a map. "absent" is the word that no value means, for
// the reference; an example is YAML, and takes the rest of the tag. ",inline"
// lifts the fields of a struct into the one around it, "inherit" besides says
// that they take no defaults, because what is not said is taken from above.
type field struct {
	name           string
	index          []int // from the outer struct
	typ            reflect.Type
	required       bool
	inherit        bool
	def, min, max  string
	form, keysForm string
	absent         string
	example        string
	words          []string // of the items of a list; those of a type come from the type
}

var fieldsOf sync.Map // of reflect.Type to []field

// fields returns the keys of a struct in the order of its type.
func fields(t reflect.Type) []field {
	if known, ok := fieldsOf.Load(t); ok {
		return known.([]field)
	}
	list := readFields(t, nil, false)
	fieldsOf.Store(t, list)
	return list
}

func readFields(t reflect.Type, above []int, inherit bool) (list []field) {
	for i := range t.NumField() {
		at := t.Field(i)
		tag, ok := at.Tag.Lookup("key")
		name, options, _ := strings.Cut(tag, ",")
		if !ok {
			continue
		}
		f := field{name: name, typ: at.Type, index: append(above[:len(above):len(above)], i), inherit: inherit}
		if f.read(options) {
			list = append(list, readFields(at.Type, f.index, f.inherit)...)
			continue
		}
		list = append(list, f)
	}
	return list
}

// read takes the options of a tag and reports whether the field is inline.
func (f *field) read(options string) (inline bool) {
	options, f.example, _ = strings.Cut(","+options, ",example=")
	for option := range strings.SplitSeq(options, ",") {
		key, value, _ := strings.Cut(option, "=")
		switch key {
		case "":
		case "inline":
			inline = true
		case "inherit":
			f.inherit = true
		case "required":
			f.required = true
		case "default":
			f.def = value
		case "min":
			f.min = value
		case "max":
			f.max = value
		case "form":
			f.form = value
		case "keys":
			f.keysForm = value
		case "absent":
			f.absent = value
		case "words":
			f.words = strings.Split(value, "|")
		default:
			panic("config: unknown option in a tag: " + key)
		}
	}
	return inline
}

func names(list []field) []string {
	all := make([]string, len(list))
	for i := range list {
		all[i] = list[i].name
	}
	return all
}

// elsewhere says in which group a key stands that does not stand here, where
// there are the known ones.
func elsewhere(name string, known []string) string {
	if group, ok := groupOf(reflect.TypeFor[Config](), "", name); ok {
		if group == "" {
			return name + " stands at the top of the file"
		}
		return name + " is a key of " + group
	}
	return "the keys here are " + strings.Join(known, ", ")
}

// groupOf finds the first group that has a key, looking into a group after it
// itself, and names it as the reference does.
func groupOf(t reflect.Type, at, name string) (group string, ok bool) {
	list := fields(t)
	if find(list, name) != nil {
		return at, true
	}
	for _, f := range list {
		inner, below := f.typ, strings.TrimPrefix(at+"."+f.name, ".")
		for inner.Kind() == reflect.Slice || inner.Kind() == reflect.Map || inner.Kind() == reflect.Pointer {
			switch inner.Kind() {
			case reflect.Slice:
				below += "[]"
			case reflect.Map:
				below += ".NAME"
			}
			inner = inner.Elem()
		}
		if inner.Kind() != reflect.Struct || len(fields(inner)) == 0 {
			continue
		}
		if group, ok := groupOf(inner, below, name); ok {
			return group, true
		}
	}
	return "", false
}
