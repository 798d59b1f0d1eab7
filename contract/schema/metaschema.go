package schema

import (
	"embed"
	"strings"
	"sync"

	"github.com/gatehouse-api/gatehouse/contract/source"
)

// metaschemaURI is the metaschema of draft 2020-12; its parts stand below.
const metaschemaURI = "https://json-schema.org/draft/2020-12/schema"

//go:embed metaschema
var metaschemaFiles embed.FS

var (
	metaschemaLock  sync.Mutex
	metaschemaTrees = make(map[string]*source.File)
)

// metaschema returns the metaschema, or one of its vocabularies, at uri.
func metaschema(uri string) *source.File {
	name, ok := strings.CutPrefix(uri, "https://json-schema.org/draft/2020-12/")
	if !ok {
		return nil
	}
	name = strings.TrimPrefix(name, "meta/")
	metaschemaLock.Lock()
	defer metaschemaLock.Unlock()
	if f := metaschemaTrees[name]; f != nil {
		return f
	}
	text, err := metaschemaFiles.ReadFile("metaschema/" + name + ".json")
	if err != nil {
		return nil
	}
	f, _ := source.Parse(name+".json", text)
	f.URI = uri
	metaschemaTrees[name] = f
	return f
}
