package std

import "github.com/gatehouse-api/gatehouse/wire/session"

// Limits bounds what one client can make the engine hold or wait for.
type Limits = session.Limits
