package config

// OwnerRule is a kind of object that belongs to somebody: where ids of such objects stand, and whose they are. Places are written "/orders/{id}" for a parameter of every path that begins so, "listOrders?customer" for one of a query, and "Order/id" for a property, by the name of a schema of the contract and the way to it.
type OwnerRule struct {
	Place
	// IDs are the places of ids. Whoever calls must own the object.
	IDs []string `key:"ids,example=[\"/orders/{id}\", Order/id]"`
	// Owner is a rule that says whose an object is: places of values that must be the caller's own, each with what of the caller it must be: id, subject, tenant, client, or an attribute that the credential has.
	Owner map[string]string `key:"owner,example={Order/customer: subject}"`
	// Shared are properties of answers, by schema and way, that list the ids or subjects of others who may read the object.
	Shared []string `key:"shared,example=[Order/shared_with/*]"`
	// By is what owns an object: the caller alone, or all of the caller's tenant.
	By OwnedBy `key:"by,default=principal"`
	// Creates are operations that make such an object, which is the caller's from then on.
	Creates []string `key:"creates,example=[placeOrder]"`
	// Lists are operations that answer with the caller's objects and no others: those that nobody is known to own are the caller's from then on.
	Lists []string `key:"lists,example=[myOrders]"`
	// Filters are operations of whose answers objects are taken out that are not the caller's. Other answers that hold one are refused.
	Filters []string `key:"filters,example=[searchOrders]"`
	// Unknown is what becomes of calls for objects that nobody is known to own.
	Unknown UnknownObjects `key:"unknown,default=refuse"`
	// Except are roles whose holders may reach every object of the kind.
	Except []string `key:"except,form=role,example=[support]"`
}

// OwnedBy is what of a caller owns objects.
type OwnedBy string

// What owns objects.
const (
	ByPrincipal OwnedBy = "principal"
	ByTenant    OwnedBy = "tenant"
)

// Words returns what may own objects.
func (OwnedBy) Words() []string { return []string{string(ByPrincipal), string(ByTenant)} }

// UnknownObjects is what becomes of calls for objects that nobody is known to
// own.
type UnknownObjects string

// What becomes of them.
const (
	RefuseUnknown UnknownObjects = "refuse"
	ReportUnknown UnknownObjects = "report" // they pass, and their events say so
)

// Words returns what may become of calls for unknown objects.
func (UnknownObjects) Words() []string {
	return []string{string(RefuseUnknown), string(ReportUnknown)}
}
