package source

import "strings"

// Parse reads a document. Text that begins with "{" or "[" is read as JSON,
// anything else as YAML 1.2 (of which JSON is a part), and so is what is no
// JSON in a file whose name ends in .yaml or .yml. The file's Root is nil
// when the text cannot be read at all; problems say why and hold every other
// finding.
func Parse(name string, data []byte) (*File, Problems) {
	return ParseString(name, string(data))
}

// ParseString is Parse for text that need not be copied.
func ParseString(name, text string) (*File, Problems) {
	f := &File{Name: name, text: text}
	head := strings.TrimLeft(strings.TrimPrefix(text, "\ufeff"), " \t\r\n")
	if strings.HasPrefix(head, "{") || strings.HasPrefix(head, "[") {
		problems := parseJSON(f)
		if f.Root != nil || !strings.HasSuffix(name, ".yaml") && !strings.HasSuffix(name, ".yml") {
			return f, problems
		}
		f = &File{Name: name, text: text}
	}
	f.yaml = true
	return f, parseYAML(f)
}
