package source

import "strings"

// Parse reads a document. Text that begins with "{" or "[" is read as JSON,
// anything else as YAML 1.2 (of which JSON is a part). data must not change
// while the tree is in use. The file's Root is nil when the text cannot be
// read at all; problems say why and hold every other finding.
func Parse(name string, data []byte) (*File, Problems) {
	f := &File{Name: name, text: string(data)}
	head := strings.TrimLeft(strings.TrimPrefix(f.text, "\ufeff"), " \t\r\n")
	if strings.HasPrefix(head, "{") || strings.HasPrefix(head, "[") {
		return f, parseJSON(f)
	}
	f.yaml = true
	return f, parseYAML(f)
}
