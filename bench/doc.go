// Package bench measures the gate beside the libraries that others use for the
// same work, and holds its readers against independent ones: what is measured
// and what decides whether we read a schema or a JSON text rightly come from
// elsewhere. It is a module of its own, so that no oracle becomes a dependency
// of the product; nobody imports it.
package bench
