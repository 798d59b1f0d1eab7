package schema

import (
	"strings"

	"github.com/gatehouse-api/gatehouse/contract/source"
)

// References to what is no schema. A description of an API, and most of its
// parts, are objects that hold no keyword of schemas: read as a schema they
// let any value pass, so that a slip like #/components/schemas for
// #/components/schemas/Pet would open a body without a word. Where the place
// alone says that no schema stands there the reference is an error. Named
// components of another kind are warned of: a parameter of Swagger 2.0 does
// hold keywords, and tools have written references to them.

const anyDepth = 1 << 30

// noSchemas are the fields of a description (OpenAPI 3.1.1 section 4.8.1, 2.0
// "Swagger Object") and how many tokens a pointer into them may have and lead
// to no schema for certain.
var noSchemas = map[string]int{
	"openapi": anyDepth, "swagger": anyDepth, "info": anyDepth, "servers": anyDepth, "security": anyDepth,
	"tags": anyDepth, "externalDocs": anyDepth, "securityDefinitions": anyDepth,
	"paths": 3, "webhooks": 3, // a path, an operation
	"components": 1, "definitions": 1, "parameters": 1, "responses": 1,
}

// sections are the fields of components (OpenAPI 3.1.1 section 4.8.7); true
// for those whose members are no schemas.
var sections = map[string]bool{
	"schemas": false, "responses": true, "parameters": true, "examples": true, "requestBodies": true, "headers": true,
	"securitySchemes": true, "links": true, "callbacks": true, "pathItems": true,
}

// misplacedTarget reports a reference whose target, at pointer below root, is
// known to be no schema. It returns false when the reference cannot be used.
func (c *Compiler) misplacedTarget(ref, root *source.Node, pointer string) bool {
	if c.o.Pure || !c.isDescription(root) {
		return true
	}
	switch never, other := placeOf(pointer); {
	case never:
		c.problem(source.At(ref, c.schemaHint(), "the reference %q leads to a part of an API description that is no schema", shorten(ref.Str(), 120)))
		return false
	case other:
		c.problem(source.Warn(ref, c.schemaHint(), "the reference %q leads to a component that is no schema", shorten(ref.Str(), 120)))
	}
	return true
}

// placeOf tells whether a pointer into a description leads to what is never a
// schema, or to a component of another kind.
func placeOf(pointer string) (never, other bool) {
	if pointer == "" {
		return true, false
	}
	tokens := strings.Split(pointer[1:], "/")
	depth := len(tokens)
	if tokens[0] == "components" && depth > 1 {
		others, known := sections[tokens[1]]
		if known && !others && depth > 2 {
			return endsInMap(tokens[3:]), false
		}
		return known && depth == 2, others && depth == 3
	}
	if tokens[0] == "definitions" && depth > 1 {
		return endsInMap(tokens[2:]), false
	}
	other = depth == 2 && (tokens[0] == "parameters" || tokens[0] == "responses")
	return depth <= noSchemas[tokens[0]], other
}

// endsInMap reports whether the way from a schema into it ends at a map of
// schemas, such as properties.
func endsInMap(tokens []string) bool {
	for k := 0; k < len(tokens); k++ {
		info, known := keywords[tokens[k]]
		switch {
		case known && info.shape == schemaMap || tokens[k] == "$defs" || tokens[k] == "definitions":
			if k++; k == len(tokens) {
				return true
			}
		case known && info.shape == schemas:
			k++
		case !known || info.shape != aSchema:
			return false
		}
	}
	return false
}

func (c *Compiler) schemaHint() string {
	if c.o.Dialect == Swagger20 {
		return "name one schema, as in #/definitions/Pet"
	}
	return "name one schema, as in #/components/schemas/Pet"
}

// isDescription reports whether root is a document that describes an API, or
// holds parts of one, and is no schema: it has fields of OpenAPI and none of
// the words that judge.
func (c *Compiler) isDescription(root *source.Node) bool {
	if !root.Is(source.Object) {
		return false
	}
	if !(root.Get("openapi").Is(source.String) || root.Get("swagger") != nil ||
		root.Get("components").Is(source.Object) || root.Get("paths").Is(source.Object)) {
		return false
	}
	for name := range root.Members() {
		if info, known := keywords[name]; known && info.dialects&(1<<c.o.Dialect) != 0 {
			return false
		}
	}
	return true
}
