package config

import (
	"reflect"
	"strings"
	"sync"
	"time"

	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/trust"
)

// Trust says where the gate keeps its own keys, what opens them, and where secrets come from. Secrets in this group are named by ${env:NAME} and ${file:PATH} alone.
type Trust struct {
	Place
	// KeysFile is the file in which the gate keeps its own keys, sealed under key: what peppers API keys, hashes owners, signs internal tokens and seals what is stored. It is made at the first start. Without it these keys end with the program.
	KeysFile File `key:"keys_file,example=/var/lib/gatehouse/gatehouse.keys"`
	// Key is what seals the gate's own keys and files of secrets: exactly one of the keys below.
	Key *WrappingKey `key:"key"`
	// Vault is the server of Vault or OpenBao that ${vault:PATH#FIELD} and key.vault ask.
	Vault *Vault `key:"vault"`
}

// WrappingKey is the key that seals the gate's own keys.
type WrappingKey struct {
	Place
	// Passphrase is a text of at least 16 characters, from which a key is derived with argon2id.
	Passphrase trust.Secret `key:"passphrase,example=${file:/run/secrets/gatehouse-passphrase}"`
	// Vault is a key of the transit engine of the server in trust.vault.
	Vault *TransitKey `key:"vault"`
	// AWSKMS is a symmetric key of the Key Management Service of AWS.
	AWSKMS *AWSKey `key:"aws_kms"`
	// GCPKMS is a symmetric key of the Cloud Key Management Service of Google.
	GCPKMS *GCPKey `key:"gcp_kms"`
	// PKCS11 is an AES key in a hardware module, or in what behaves like one.
	PKCS11 *PKCS11Key `key:"pkcs11"`
}

// TransitKey is a key of Vault's transit engine.
type TransitKey struct {
	Place
	// Key is the name of the key, of a type that encrypts with associated data, as aes256-gcm96 does.
	Key string `key:"key,required,form=mount,example=gatehouse"`
	// Mount is where the transit engine stands.
	Mount string `key:"mount,default=transit,form=mount"`
}

// AWSKey is a key of AWS KMS. Credentials are access_key_id and secret_access_key, or a role with a token of its workload, or those that the machine has by itself (IMDSv2).
type AWSKey struct {
	Place
	// KeyID is the id, ARN or alias of the key.
	KeyID string `key:"key_id,required,form=name,example=arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"`
	// Region is where the key is.
	Region string `key:"region,required,form=mount,example=eu-central-1"`
	// Endpoint is the URL of the service where it is not the public one, as in a VPC.
	Endpoint string `key:"endpoint,form=service,example=https://vpce-0a1b2c.kms.eu-central-1.vpce.amazonaws.com"`
	// AccessKeyID names the credentials.
	AccessKeyID trust.Secret `key:"access_key_id,example=${env:AWS_ACCESS_KEY_ID}"`
	// SecretAccessKey signs calls.
	SecretAccessKey trust.Secret `key:"secret_access_key,example=${env:AWS_SECRET_ACCESS_KEY}"`
	// SessionToken belongs to credentials that end.
	SessionToken trust.Secret `key:"session_token,example=${env:AWS_SESSION_TOKEN}"`
	// RoleARN is a role that the workload's token stands for.
	RoleARN string `key:"role_arn,form=name,example=arn:aws:iam::111122223333:role/gatehouse"`
	// TokenFile is the file of the workload's token.
	TokenFile File `key:"token_file,example=/var/run/secrets/eks.amazonaws.com/serviceaccount/token"`
	// STSEndpoint is the URL of the service that gives credentials for the role, where it is not the public one.
	STSEndpoint string `key:"sts_endpoint,form=service,example=https://sts.eu-central-1.amazonaws.com"`
}

// GCPKey is a key of Google's Cloud KMS.
type GCPKey struct {
	Place
	// Key is the resource name of the key.
	Key string `key:"key,required,form=mount,example=projects/shop/locations/europe-west3/keyRings/gate/cryptoKeys/gatehouse"`
	// Credentials is the file of a service account's key, as Google writes it. Without it the machine's own account is used.
	Credentials File `key:"credentials,example=/run/secrets/gcp.json"`
	// Endpoint is the URL of the service where it is not the public one.
	Endpoint string `key:"endpoint,form=service,example=https://cloudkms.googleapis.com"`
}

// PKCS11Key is a key in a hardware module. The program gatehouse-pkcs11 loads the module and is started when the key is needed.
type PKCS11Key struct {
	Place
	// Module is the library of the module's maker.
	Module File `key:"module,required,example=/usr/lib/softhsm/libsofthsm2.so"`
	// Token is the label of the token.
	Token string `key:"token,required,form=name,example=gate"`
	// PIN lets the gate use the token.
	PIN trust.Secret `key:"pin,required,example=${file:/run/secrets/pin}"`
	// Key is the label of a 256-bit AES key in the token that may encrypt and decrypt.
	Key string `key:"key,required,form=name,example=gatehouse"`
	// Helper is the program gatehouse-pkcs11, when it does not stand beside gatehouse.
	Helper File `key:"helper,example=/usr/lib/gatehouse/gatehouse-pkcs11"`
	// Environment names variables that the module needs: it gets no others.
	Environment []string `key:"environment,max=32,form=variable,example=[SOFTHSM2_CONF]"`
}

// Vault is a server of Vault or OpenBao, and how the gate logs in: by exactly one of token, approle and kubernetes.
type Vault struct {
	Place
	// Address is the URL of the server: https, or http on this machine.
	Address string `key:"address,required,form=service,example=https://vault.example.com:8200"`
	// CA is a PEM file with the authorities that may vouch for the server, instead of the system's.
	CA File `key:"ca,example=vault-ca.pem"`
	// Namespace is that of the gate, where there are namespaces.
	Namespace string `key:"namespace,form=mount,example=platform"`
	// Token is one that somebody else renews.
	Token trust.Secret `key:"token,example=${file:/run/vault/token}"`
	// AppRole logs in with a role and its secret.
	AppRole *AppRole `key:"approle"`
	// Kubernetes logs in with the token of the pod's service account.
	Kubernetes *KubernetesLogin `key:"kubernetes"`
	// Timeout is how long one answer may take.
	Timeout time.Duration `key:"timeout,default=5s,min=100ms,max=1m"`
	// Refresh is how often secrets of Vault are read again while the gate serves. When that fails, those that it has go on.
	Refresh time.Duration `key:"refresh,default=5m,min=1s,max=1d"`
}

// AppRole is a role of Vault and its secret.
type AppRole struct {
	Place
	// RoleID is the id of the role.
	RoleID string `key:"role_id,required,form=mount,example=59d6d1ca-47bb-4e7e-a40b-8be3bc5a0ba8"`
	// SecretID is the secret of the role.
	SecretID trust.Secret `key:"secret_id,required,example=${file:/run/vault/secret-id}"`
	// Mount is where this way to log in stands.
	Mount string `key:"mount,default=approle,form=mount"`
}

// KubernetesLogin is a role of Vault for a service account.
type KubernetesLogin struct {
	Place
	// Role is the name of the role.
	Role string `key:"role,required,form=mount,example=gatehouse"`
	// TokenFile is the file of the service account's token; without it that of the pod.
	TokenFile File `key:"token_file,example=/var/run/secrets/kubernetes.io/serviceaccount/token"`
	// Mount is where this way to log in stands.
	Mount string `key:"mount,default=kubernetes,form=mount"`
}

// Remote opens what the references ${vault:} and ${kms:} of a file lead to, as
// its group trust says, which was read before. It is called once for a file that
// has such references.
type Remote func(*Trust) trust.Remote

// Unasked takes references to services for values without asking for them, for
// those who judge a file and do not serve it.
func Unasked(*Trust) trust.Remote { return unasked{} }

type unasked struct{}

func (unasked) Vault(string, string) (string, *trust.Note) { return unaskedValue, nil }
func (unasked) Unseal([]byte) (string, *trust.Note)        { return unaskedValue, nil }

// unaskedValue is long enough for every rule on the length of secrets.
const unaskedValue = "this-secret-was-not-asked-for-and-opens-nothing"

// Asked reports whether a secret is one, and not what stands for one that nobody
// was asked for.
func Asked(s trust.Secret) bool { return s.Reveal() != unaskedValue }

// remoteOf finds what references to services lead to, by reading the group trust
// ahead of the rest.
func (d *decoder) remoteOf(root *source.Node) trust.Remote {
	t := new(Trust)
	if n := root.Get("trust"); n != nil {
		ahead := &decoder{look: d.look}
		ahead.value(reflect.ValueOf(t).Elem(), n, &field{})
		ahead.trust(t)
		if ahead.problems.Err() != nil {
			return unasked{} // which is said when it is read in its turn
		}
	}
	return lacking{t, sync.OnceValue(func() trust.Remote { return d.remote(t) })}
}

// lacking says what is missing for a reference, and asks only when nothing is.
type lacking struct {
	trust *Trust
	open  func() trust.Remote
}

func (l lacking) Vault(path, field string) (string, *trust.Note) {
	if l.trust.Vault == nil {
		return "", &trust.Note{Text: "${vault:} refers to a server that the file does not name", Hint: "say its address and how to log in under trust.vault"}
	}
	return l.open().Vault(path, field)
}

func (l lacking) Unseal(text []byte) (string, *trust.Note) {
	if l.trust.Key == nil {
		return "", &trust.Note{Text: "${kms:} refers to a sealed file, and the file does not name the key that opens it", Hint: "say it under trust.key"}
	}
	return l.open().Unseal(text)
}

// leastPassphrase is the length of a passphrase that is taken (wrap.MinPassphrase).
const leastPassphrase = 16

// trust holds the group to its rules.
func (d *decoder) trust(t *Trust) {
	switch {
	case t.has("keys_file") && !t.has("key"):
		d.add("trust-keys", t.At("keys_file").node, "add it, as in key: {passphrase: ${file:/run/secrets/passphrase}}", "the gate's own keys are kept sealed, and there is no key to seal them with")
	case t.Key != nil:
		d.one("trust-kind", t.Key.Place, "passphrase", "vault", "aws_kms", "gcp_kms", "pkcs11")
		if n := len(t.Key.Passphrase.Reveal()); n > 0 && n < leastPassphrase {
			d.add("passphrase-short", t.Key.At("passphrase").node, "make one with: openssl rand -base64 33", "the passphrase has %d characters, and must have %d", n, leastPassphrase)
		}
		if t.Key.has("vault") && !t.has("vault") {
			d.add("trust-vault", t.Key.At("vault").node, "say its address and how to log in under trust.vault", "the file names no server of Vault")
		}
		if a := t.Key.AWSKMS; a != nil {
			d.together(a.Place, "access_key_id", "secret_access_key")
			d.together(a.Place, "role_arn", "token_file")
		}
	}
	if v := t.Vault; v != nil {
		d.one("trust-login", v.Place, "token", "approle", "kubernetes")
	}
}

// one demands exactly one of several keys.
func (d *decoder) one(rule string, at Place, keys ...string) {
	var said []string
	for _, key := range keys {
		if at.has(key) {
			said = append(said, key)
		}
	}
	switch {
	case len(said) == 0 && at.node.Is(source.Object):
		d.add(rule, at.node, "say one of "+strings.Join(keys, ", "), "none of the ways is said")
	case len(said) > 1:
		d.add(rule, at.At(said[1]).node, "keep one of them", "%s and %s stand together, and exactly one is used", said[0], said[1])
	}
}

// together demands both keys or none.
func (d *decoder) together(at Place, a, b string) {
	if at.has(b) {
		a, b = b, a
	}
	if at.has(a) && !at.has(b) {
		d.add("trust-pair", at.At(a).node, "add "+b, "%s needs %s", a, b)
	}
}
