package openapi_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/openapi"
	"github.com/gatehouse-api/gatehouse/contract/source"
)

// FuzzRead: no document makes the reader panic, and what it reads without an
// error keeps the promises of the model.
func FuzzRead(f *testing.F) {
	docs, _ := filepath.Glob("testdata/*/*")
	for _, doc := range docs {
		if data, err := os.ReadFile(doc); err == nil && filepath.Ext(doc) != ".txt" {
			f.Add(data)
		}
	}
	f.Add([]byte(`{"openapi":"3.1.0","paths":{"/a":{"$ref":"#/paths/~1a"}}}`))
	f.Add([]byte(`{"openapi":"3.0.0","components":{"headers":{"a":{"content":{"multipart/form-data":{"encoding":{"a":{"headers":{"a":{"$ref":"#/components/headers/a"}}}}}}}}}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, _ := source.Parse("f", data)
		if file.Root == nil {
			return
		}
		c, problems := openapi.Read(source.NewSet(file), file)
		if c == nil && problems.Err() == nil {
			t.Fatal("nothing was read, and nothing is wrong")
		}
		if c != nil {
			openapi.Security(c)
			dump(c, false)
		}
		if problems.Err() == nil {
			for _, op := range c.Operations {
				promises(t, op)
			}
		}
	})
}

// promises holds an operation against what package contract says of it.
func promises(t *testing.T, op *contract.Operation) {
	if op.Method == "" || op.Path == "" || op.Path[0] != '/' || len(op.BasePaths) == 0 || op.Node == nil {
		t.Fatalf("%+v", op)
	}
	for _, p := range op.Parameters {
		if p.Name == "" || p.In == contract.Nowhere || (p.Schema == nil) == (p.Content == nil) {
			t.Fatalf("%s: %+v", op.Name(), p)
		}
	}
	if op.Body != nil && len(op.Body.Media) == 0 {
		t.Fatalf("%s has a body without a media type", op.Name())
	}
	for _, r := range op.Security {
		for _, use := range r {
			if use.Scheme == nil || use.Scheme.Type == contract.UnknownScheme {
				t.Fatalf("%s needs %+v", op.Name(), use.Scheme)
			}
		}
	}
}
