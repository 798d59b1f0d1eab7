package config_test

// besideRecord are the lines that lines of the group record need.
var besideRecord = map[string][]string{
	"record.pseudonyms":                {"record.pseudonyms.key"},
	"record.ledger.witnesses":          {"record.ledger.witnesses.key", "record.ledger.witnesses.url"},
	"record.ledger.quorum":             {"record.ledger.witnesses", "record.ledger.witnesses.key", "record.ledger.witnesses.url"},
	"admin.witness":                    {"admin.witness.name", "admin.witness.logs", "trust", "trust.keys_file", "trust.key", "trust.key.passphrase"},
	"record.sinks":                     {"record.sinks.name", "record.sinks.file", "record.sinks.file.path"},
	"record.alerts":                    {"record.alerts.name", "record.alerts.threshold", "record.alerts.threshold.count", "record.alerts.threshold.window"},
	"record.alerts.when":               {"record.alerts.when.code"},
	"record.alerts.threshold":          {"record.alerts.threshold.count", "record.alerts.threshold.window"},
	"record.alerts.acts":               {"record.alerts.threshold", "record.alerts.threshold.count", "record.alerts.threshold.window"},
	"record.alerts.first_seen":         {"record.alerts.first_seen.value"},
	"record.alerts.absence":            {"record.alerts.absence.window"},
	"record.alerts.to":                 {"record.sinks", "record.sinks.name", "record.sinks.file", "record.sinks.file.path"},
	"record.sinks.only":                {"record.sinks.only.outcome"},
	"record.sinks.file":                {"record.sinks.file.path"},
	"record.sinks.webhook":             {"record.sinks.webhook.url"},
	"record.sinks.webhook.certificate": {"record.sinks.webhook.key"},
	"record.sinks.webhook.key":         {"record.sinks.webhook.certificate"},
	"record.sinks.syslog":              {"record.sinks.syslog.url"},
	"record.sinks.syslog.certificate":  {"record.sinks.syslog.key"},
	"record.sinks.syslog.key":          {"record.sinks.syslog.certificate"},
	"record.sinks.kafka":               {"record.sinks.kafka.brokers", "record.sinks.kafka.topic"},
	"record.sinks.kafka.sasl":          {"record.sinks.kafka.sasl.user", "record.sinks.kafka.sasl.password"},
	"record.sinks.kafka.certificate":   {"record.sinks.kafka.key"},
	"record.sinks.kafka.key":           {"record.sinks.kafka.certificate"},
}
