package serve

import (
	"github.com/gatehouse-api/gatehouse/config"
)

// watchpost is the listener for those who watch over the gate.
type watchpost struct{ address string }

func (p *Program) openMaintenance(m *config.Maintenance) (*watchpost, *fault) { return nil, nil }
func (p *Program) undoMaintenance(w *watchpost)                               {}
func (p *Program) swapMaintenance(w *watchpost)                               {}
func (p *Program) closeMaintenance()                                          {}
func (p *Program) maintenanceURL() string                                     { return "" }
