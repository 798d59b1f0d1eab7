//go:build !unix

package inherit

import (
	"errors"
	"os"
)

// Descriptors cannot be passed on here.

func controlSpace(int) int { return 0 }

func rights([]Given) ([]byte, error) { return nil, errors.ErrUnsupported }

func received([]byte) ([]*os.File, error) { return nil, errors.ErrUnsupported }
