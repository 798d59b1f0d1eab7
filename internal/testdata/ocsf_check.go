package testdata

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Check returns everything in which one event is not what its class demands:
// attributes that are required or unknown, their types, enumerations and the
// captions beside them, constraints, profiles and the arithmetic of type_uid.
func (s *OCSF) Check(event []byte) (faults []string) {
	in := json.NewDecoder(bytes.NewReader(event))
	in.UseNumber()
	var e map[string]any
	if err := in.Decode(&e); err != nil {
		return []string{err.Error()}
	}
	c := &ocsfCheck{schema: s, fault: func(at, format string, args ...any) {
		faults = append(faults, strings.TrimPrefix(at, ".")+": "+fmt.Sprintf(format, args...))
	}}
	uid := number(e["class_uid"])
	class := s.byUID[int(uid)]
	if class == nil {
		return []string{fmt.Sprintf("class_uid: there is no class %d", uid)}
	}
	metadata, _ := e["metadata"].(map[string]any)
	profiles, _ := metadata["profiles"].([]any)
	for _, p := range profiles {
		name, _ := p.(string)
		if c.profiles = append(c.profiles, name); !slices.Contains(class.Profiles, name) {
			c.fault("metadata.profiles", "%s does not take the profile %q", class.Name, name)
		}
	}
	if metadata["version"] != s.Version {
		c.fault("metadata.version", "is %v and not %s", metadata["version"], s.Version)
	}
	if got, want := number(e["category_uid"]), int64(s.categories[class.Category]); got != want {
		c.fault("category_uid", "is %d and not %d", got, want)
	}
	if got, want := number(e["type_uid"]), uid*100+number(e["activity_id"]); got != want {
		c.fault("type_uid", "is %d and not %d", got, want)
	}
	if name, ok := e["class_name"]; ok && name != class.Caption {
		c.fault("class_name", "is %v and not %s", name, class.Caption)
	}
	c.object("", class, e)
	return faults
}

func number(v any) int64 {
	n, _ := v.(json.Number)
	i, _ := n.Int64()
	return i
}

type ocsfCheck struct {
	schema   *OCSF
	profiles []string
	fault    func(at, format string, args ...any)
}

// object checks the members of an object, or of the event itself.
func (c *ocsfCheck) object(at string, g *ocsfGroup, members map[string]any) {
	if g.Name == "object" {
		return // of whatever it likes
	}
	for name, v := range members {
		a := g.attributes[name]
		switch {
		case a == nil:
			c.fault(at+"."+name, "%s has no such attribute", g.Name)
		case !c.applies(a):
			c.fault(at+"."+name, "belongs to the profile %s, which the event does not name", a.Profile)
		case a.Deprecated != nil:
			c.fault(at+"."+name, "is deprecated")
		default:
			c.attribute(at+"."+name, name, a, v)
			c.sibling(at+"."+name, g, a, members, v)
		}
	}
	for name, a := range g.attributes {
		if _, ok := members[name]; !ok && a.Requirement == "required" && c.applies(a) {
			c.fault(at+"."+name, "is required by %s", g.Name)
		}
	}
	for kind, names := range g.Constraints {
		n := 0
		for _, name := range names {
			if _, ok := members[name]; ok {
				n++
			}
		}
		if kind == "at_least_one" && n == 0 || kind == "just_one" && n != 1 {
			c.fault(at, "%s wants %s of %s, and %d are there", g.Name, kind, strings.Join(names, ", "), n)
		}
	}
}

func (c *ocsfCheck) applies(a *ocsfAttribute) bool {
	var profile string
	json.Unmarshal(a.Profile, &profile)
	return profile == "" || slices.Contains(c.profiles, profile)
}

// sibling checks the text beside an enumerated number.
func (c *ocsfCheck) sibling(at string, g *ocsfGroup, a *ocsfAttribute, members map[string]any, v any) {
	n, isNumber := v.(json.Number)
	if a.Sibling == "" || !isNumber || g.attributes[a.Sibling] == nil {
		return
	}
	text, ok := members[a.Sibling]
	switch caption := a.Enum[n.String()].Caption; {
	case n.String() == "99" && (!ok || text == ""):
		c.fault(at, "is 99, and %s does not say what that is", a.Sibling)
	case n.String() != "99" && ok && caption != "" && text != caption && a.Sibling != "type_name" && a.Sibling != "class_name" && a.Sibling != "category_name":
		c.fault(at, "%s is %v and not %s", a.Sibling, text, caption)
	}
}

func (c *ocsfCheck) attribute(at, name string, a *ocsfAttribute, v any) {
	if !a.IsArray {
		c.value(at, name, a, v)
		return
	}
	items, ok := v.([]any)
	if !ok {
		c.fault(at, "is no list")
	}
	for i, item := range items {
		c.value(fmt.Sprintf("%s[%d]", at, i), name, a, item)
	}
}

// value checks one value by its type.
func (c *ocsfCheck) value(at, name string, a *ocsfAttribute, v any) {
	if a.Type == "json_t" {
		return
	}
	k := c.schema.types[a.Type]
	if k == nil {
		members, ok := v.(map[string]any)
		g := c.schema.objects[a.Type]
		switch {
		case g == nil:
			c.fault(at, "the schema has no object %s", a.Type)
		case !ok:
			c.fault(at, "is no object")
		default:
			c.object(at, g, members)
		}
		return
	}
	kind := a.Type
	if k.Type != "" {
		kind = k.Type
	}
	text := fmt.Sprint(v)
	_, isText := v.(string)
	n, isNumber := v.(json.Number)
	_, isBool := v.(bool)
	whole := isNumber && !strings.ContainsAny(n.String(), ".eE")
	switch kind {
	case "string_t":
		if !isText {
			c.fault(at, "is no text")
			return
		}
	case "integer_t", "long_t":
		if !whole {
			c.fault(at, "is no whole number")
			return
		}
	case "float_t":
		if !isNumber {
			c.fault(at, "is no number")
		}
	case "boolean_t":
		if !isBool {
			c.fault(at, "is neither true nor false")
		}
	default:
		c.fault(at, "the type %s is not known here", kind)
	}
	switch {
	case k.regex != nil && !k.regex.MatchString(text):
		c.fault(at, "%q is no %s", text, a.Type)
	case k.MaxLen > 0 && utf8.RuneCountInString(text) > k.MaxLen:
		c.fault(at, "%q is too long for %s", text, a.Type)
	case len(k.Range) == 2 && (number(v) < k.Range[0] || number(v) > k.Range[1]):
		c.fault(at, "%s is no %s", text, a.Type)
	}
	if _, ok := a.Enum[text]; len(a.Enum) > 0 && !ok && name != "class_uid" && name != "category_uid" && name != "type_uid" { // which are checked by themselves
		c.fault(at, "%s is none of its values", text)
	}
}
