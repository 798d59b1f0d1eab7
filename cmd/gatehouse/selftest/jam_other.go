//go:build !linux && !darwin && !freebsd

package selftest

import "errors"

// jams says that files can be kept from becoming larger.
const jams = false

func jam() (mend func(), err error) { return nil, errors.ErrUnsupported }
