package config_test

import (
	"slices"
	"strings"
)

// besideTrust are the lines that lines of the group trust need.
var besideTrust = map[string][]string{
	"trust": {"trust.keys_file", "trust.key", "trust.key.passphrase"}, "trust.key": {"trust.key.passphrase"}, "trust.vault": {"trust.vault.address", "trust.vault.token"},
	"trust.key.vault":                     {"trust.key.vault.key", "trust.vault", "trust.vault.address", "trust.vault.token"},
	"trust.key.aws_kms":                   {"trust.key.aws_kms.key_id", "trust.key.aws_kms.region"},
	"trust.key.aws_kms.access_key_id":     {"trust.key.aws_kms.secret_access_key"},
	"trust.key.aws_kms.secret_access_key": {"trust.key.aws_kms.access_key_id"},
	"trust.key.aws_kms.role_arn":          {"trust.key.aws_kms.token_file"},
	"trust.key.aws_kms.token_file":        {"trust.key.aws_kms.role_arn"},
	"trust.key.gcp_kms":                   {"trust.key.gcp_kms.key"},
	"trust.key.pkcs11":                    {"trust.key.pkcs11.module", "trust.key.pkcs11.token", "trust.key.pkcs11.pin", "trust.key.pkcs11.key"},
	"trust.vault.approle":                 {"trust.vault.approle.role_id", "trust.vault.approle.secret_id"},
	"trust.vault.kubernetes":              {"trust.vault.kubernetes.role"},
}

// choices are keys of which one stands, the first where none is said.
var choices = [][]string{
	{"trust.key.passphrase", "trust.key.vault", "trust.key.aws_kms", "trust.key.gcp_kms", "trust.key.pkcs11"},
	{"trust.vault.token", "trust.vault.approle", "trust.vault.kubernetes"},
	{"record.sinks.file", "record.sinks.webhook", "record.sinks.syslog", "record.sinks.kafka"},
	{"record.alerts.threshold", "record.alerts.first_seen", "record.alerts.absence"},
	{"record.alerts.when", "record.alerts.acts"},
}

// without leaves out what stands instead of what is chosen for a key.
func without(keys []string, key string) []string {
	below := func(k, above string) bool { return k == above || strings.HasPrefix(k, above+".") }
	for _, list := range choices {
		chosen := list[max(0, slices.IndexFunc(list, func(c string) bool { return below(key, c) }))]
		keys = slices.DeleteFunc(slices.Clone(keys), func(k string) bool {
			return slices.ContainsFunc(list, func(c string) bool { return c != chosen && below(k, c) })
		})
	}
	return keys
}
