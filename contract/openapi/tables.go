package openapi

// The fixed fields of each object: Swagger 2.0 "Specification", OpenAPI 3.0.4
// section 4.7, OpenAPI 3.1.1 section 4.8, OpenAPI 3.2.0 section 4. What is
// only prose for people is required with a warning, since nothing is enforced
// by it and many documents in use leave it out.

var documentShape = shape{"document", []field{
	{"openapi", v3, str | number, needed},
	{"swagger", v20, str | number, needed},
	{"$self", v32, str, optional},
	{"info", all, object, wanted},
	{"jsonSchemaDialect", from31, str, optional},
	{"servers", v3, list, optional},
	{"host", v20, str, optional},
	{"basePath", v20, str, optional},
	{"schemes", v20, list, optional},
	{"consumes", v20, list, optional},
	{"produces", v20, list, optional},
	{"paths", v20 | v30, object, needed},
	{"paths", from31, object, optional},
	{"webhooks", from31, object, optional},
	{"components", v3, object, optional},
	{"definitions", v20, object, optional},
	{"parameters", v20, object, optional},
	{"responses", v20, object, optional},
	{"securityDefinitions", v20, object, optional},
	{"security", all, list, optional},
	{"tags", all, list, optional},
	{"externalDocs", all, object, optional},
}}

var infoShape = shape{"info object", []field{
	{"title", all, str, wanted},
	{"summary", from31, str, optional},
	{"description", all, str, optional},
	{"termsOfService", all, str, optional},
	{"contact", all, object, optional},
	{"license", all, object, optional},
	{"version", all, str | number, wanted},
}}

var tagShape = shape{"tag", []field{
	{"name", all, str, needed},
	{"description", all, str, optional},
	{"externalDocs", all, object, optional},
	{"summary", v32, str, optional},
	{"parent", v32, str, optional},
	{"kind", v32, str, optional},
}}

var serverShape = shape{"server", []field{
	{"url", v3, str, needed},
	{"description", v3, str, optional},
	{"variables", v3, object, optional},
	{"name", v32, str, optional},
}}

// Values of variables are strings; numbers such as 8443 without quotes are
// common in YAML and mean the same here.
var variableShape = shape{"server variable", []field{
	{"enum", v3, list, optional},
	{"default", v3, str | number, needed},
	{"description", v3, str, optional},
}}

var componentsShape = shape{"components object", []field{
	{"schemas", v3, object, optional},
	{"responses", v3, object, optional},
	{"parameters", v3, object, optional},
	{"examples", v3, object, optional},
	{"requestBodies", v3, object, optional},
	{"headers", v3, object, optional},
	{"securitySchemes", v3, object, optional},
	{"links", v3, object, optional},
	{"callbacks", v3, object, optional},
	{"pathItems", from31, object, optional},
	{"mediaTypes", v32, object, optional},
}}

var pathItemShape = shape{"path item", []field{
	{"$ref", all, str, optional},
	{"summary", v3, str, optional},
	{"description", v3, str, optional},
	{"get", all, object, optional},
	{"put", all, object, optional},
	{"post", all, object, optional},
	{"delete", all, object, optional},
	{"options", all, object, optional},
	{"head", all, object, optional},
	{"patch", all, object, optional},
	{"trace", v3, object, optional},
	{"query", v32, object, optional},
	{"additionalOperations", v32, object, optional},
	{"servers", v3, list, optional},
	{"parameters", all, list, optional},
}}

var operationShape = shape{"operation", []field{
	{"tags", all, list, optional},
	{"summary", all, str, optional},
	{"description", all, str, optional},
	{"externalDocs", all, object, optional},
	{"operationId", all, str, optional},
	{"consumes", v20, list, optional},
	{"produces", v20, list, optional},
	{"parameters", all, list, optional},
	{"requestBody", v3, object, optional},
	{"responses", v20 | v30, object, wanted},
	{"responses", from31, object, optional},
	{"callbacks", v3, object, optional},
	{"schemes", v20, list, optional},
	{"deprecated", all, boolean, optional},
	{"security", all, list, optional},
	{"servers", v3, list, optional},
}}

var parameterShape = shape{"parameter", []field{
	{"name", v3, str, needed},
	{"in", v3, str, needed},
	{"description", v3, str, optional},
	{"required", v3, boolean, optional},
	{"deprecated", v3, boolean, optional},
	{"allowEmptyValue", v3, boolean, optional},
	{"style", v3, str, optional},
	{"explode", v3, boolean, optional},
	{"allowReserved", v3, boolean, optional},
	{"schema", v30, object, optional},
	{"schema", from31, object | boolean, optional},
	{"example", v3, anyKind, optional},
	{"examples", v3, object, optional},
	{"content", v3, object, optional},
}}

var headerShape = shape{"header", []field{
	{"description", v3, str, optional},
	{"required", v3, boolean, optional},
	{"deprecated", v3, boolean, optional},
	{"allowEmptyValue", v3, boolean, optional},
	{"style", v3, str, optional},
	{"explode", v3, boolean, optional},
	{"allowReserved", v3, boolean, optional},
	{"schema", v30, object, optional},
	{"schema", from31, object | boolean, optional},
	{"example", v3, anyKind, optional},
	{"examples", v3, object, optional},
	{"content", v3, object, optional},
}}

var bodyShape = shape{"request body", []field{
	{"description", v3, str, optional},
	{"content", v3, object, needed},
	{"required", v3, boolean, optional},
}}

var mediaShape = shape{"media type", []field{
	{"schema", v30, object, optional},
	{"schema", from31, object | boolean, optional},
	{"example", v3, anyKind, optional},
	{"examples", v3, object, optional},
	{"encoding", v3, object, optional},
	{"itemSchema", v32, object | boolean, optional},
	{"prefixEncoding", v32, list, optional},
	{"itemEncoding", v32, object, optional},
}}

var encodingShape = shape{"encoding", []field{
	{"contentType", v3, str, optional},
	{"headers", v3, object, optional},
	{"style", v3, str, optional},
	{"explode", v3, boolean, optional},
	{"allowReserved", v3, boolean, optional},
	{"encoding", v32, object, optional},
	{"prefixEncoding", v32, list, optional},
	{"itemEncoding", v32, object, optional},
}}

var responseShape = shape{"response", []field{
	{"description", all, str, wanted},
	{"headers", all, object, optional},
	{"content", v3, object, optional},
	{"links", v3, object, optional},
	{"schema", v20, object, optional},
	{"examples", v20, object, optional},
	{"summary", v32, str, optional},
}}

var schemeShape = shape{"security scheme", []field{
	{"type", all, str, needed},
	{"description", all, str, optional},
	{"name", all, str, optional},
	{"in", all, str, optional},
	{"scheme", v3, str, optional},
	{"bearerFormat", v3, str, optional},
	{"flows", v3, object, optional},
	{"openIdConnectUrl", v3, str, optional},
	{"flow", v20, str, optional},
	{"authorizationUrl", v20, str, optional},
	{"tokenUrl", v20, str, optional},
	{"scopes", v20, object, optional},
	{"deprecated", v32, boolean, optional},
	{"oauth2MetadataUrl", v32, str, optional},
}}

var flowsShape = shape{"flows object", []field{
	{"implicit", v3, object, optional},
	{"password", v3, object, optional},
	{"clientCredentials", v3, object, optional},
	{"authorizationCode", v3, object, optional},
	{"deviceAuthorization", v32, object, optional},
}}

var flowShape = shape{"flow", []field{
	{"authorizationUrl", v3, str, optional},
	{"tokenUrl", v3, str, optional},
	{"refreshUrl", v3, str, optional},
	{"scopes", v3, object, wanted},
	{"deviceAuthorizationUrl", v32, str, optional},
}}
