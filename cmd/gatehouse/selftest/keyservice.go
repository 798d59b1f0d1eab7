package selftest

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"path/filepath"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/trust"
	"github.com/gatehouse-api/gatehouse/trust/aws"
	"github.com/gatehouse-api/gatehouse/trust/gcp"
	"github.com/gatehouse-api/gatehouse/trust/vault"
	"github.com/gatehouse-api/gatehouse/trust/wrap"
)

// keyServices is how a service fails that opens the gate's own keys, or that
// says to such a service who asks.
var keyServices = &kind{
	ways: []way{refused, silent, garbage, failing, half, denying, gone},
	says: map[way]declaration{
		refused: noKeys, silent: noKeys, garbage: noKeys, failing: noKeys, half: noKeys, denying: noKeys,
		gone: keysStay,
	},
}

var keysStay = goesOn("keys are in memory", reloading(once)).with(reloadTaken)

// The services of a key, by the numbers of their dependencies.
const (
	theKeeper   = iota // opens keys
	theVouching        // gives what the keeper is asked with
)

// keyServices lists what opens the gate's own keys.
func (l *lister) keyServices(s *config.Trust, call *witness) {
	const name, nobody, machine = "key of the gate's own keys, in ", "no call that was made up comes to an API", "credentials of this machine, for "
	add := func(d dependency) {
		d.part, d.call = partKeyService, call
		l.add(d, nobody)
	}
	switch k := s.Key; {
	case k.Vault != nil:
		add(dependency{name: name + "Vault at " + s.Vault.Address, kind: keyServices})
	case k.AWSKMS != nil:
		add(dependency{name: name + "AWS KMS in " + k.AWSKMS.Region, kind: keyServices})
		switch {
		case k.AWSKMS.RoleARN != "":
			add(dependency{name: "AWS STS, for the role of that key", at: theVouching, kind: keyServices})
		case k.AWSKMS.AccessKeyID.IsZero():
			l.untold(machine+"AWS KMS", untold["machine"])
		}
	case k.GCPKMS != nil:
		add(dependency{name: name + "Google KMS", kind: keyServices})
		if k.GCPKMS.Credentials != "" {
			add(dependency{name: "Google's token service, for the account of that key", at: theVouching, kind: keyServices})
		} else {
			l.untold(machine+"Google KMS", untold["machine"])
		}
	case k.PKCS11 != nil && shell() == "":
		l.untold("trust.key", untold["shell"])
	case k.PKCS11 != nil:
		add(dependency{name: name + "the module " + filepath.Base(string(k.PKCS11.Module)), kind: modules})
	}
}

// keyService has keys be sealed in path by a stand-in of the service of k, which
// fails by the way of f. Nothing of value is told to it: what the gate shows it is
// made up.
func (c *copied) keyService(s *config.Trust, k *config.WrappingKey, f *fault, path string) error {
	s.Key = &config.WrappingKey{Place: s.Place}
	switch {
	case k.Vault != nil:
		return c.transit(s, f, path)
	case k.AWSKMS != nil:
		return c.awsKey(s, k.AWSKMS, f, path)
	case k.GCPKMS != nil:
		return c.gcpKey(s, k.GCPKMS, f, path)
	}
	return c.moduleKey(s, k.PKCS11, f.way, path)
}

// waysOf are how the two services of a key fail.
func waysOf(f *fault) (keeper, vouching way) {
	if f.at == theVouching {
		return well, f.way
	}
	return f.way, well
}

func (c *copied) transit(s *config.Trust, f *fault, path string) error {
	v := newVault(nil)
	sealer := c.lever(well, v)
	client, err := vault.New(vault.Options{Address: sealer.url(""), Token: standInToken, Timeout: 10 * waits})
	if err != nil {
		return err
	}
	if err := makeKeys(path, vault.Transit(client, "transit", "selftest")); err != nil {
		return err
	}
	server := *s.Vault
	c.become(&server, c.lever(f.way, v))
	s.Vault = &server
	s.Key.Vault = &config.TransitKey{Place: s.Place, Mount: "transit", Key: "selftest"}
	return nil
}

func (c *copied) awsKey(s *config.Trust, k *config.AWSKey, f *fault, path string) error {
	a := &awsStandIn{newSealer()}
	own := &config.AWSKey{Place: k.Place, KeyID: "selftest", Region: k.Region, AccessKeyID: trust.NewSecret("selftest"), SecretAccessKey: standInToken}
	w, err := aws.KMS(aws.Options{KeyID: own.KeyID, Region: own.Region, Endpoint: c.lever(well, a).url(""), AccessKeyID: own.AccessKeyID, SecretAccessKey: own.SecretAccessKey})
	if err := errors.Join(err, makeKeysBy(path, w)); err != nil {
		return err
	}
	keeper, vouching := waysOf(f)
	own.Endpoint = c.lever(keeper, a).url("")
	if k.RoleARN != "" {
		own.AccessKeyID, own.SecretAccessKey = trust.Secret{}, trust.Secret{}
		own.RoleARN, own.TokenFile = "arn:aws:iam::111122223333:role/selftest", c.file(well, "workload", []byte("selftest"))
		own.STSEndpoint = c.lever(vouching, a).url("")
	}
	s.Key.AWSKMS = own
	return nil
}

func (c *copied) gcpKey(s *config.Trust, k *config.GCPKey, f *fault, path string) error {
	g := &gcpStandIn{newSealer()}
	sealer := c.lever(well, g)
	own := &config.GCPKey{Place: k.Place, Key: "projects/selftest/locations/selftest/keyRings/selftest/cryptoKeys/selftest"}
	account, err := accountOf(sealer.url("/token"))
	if err != nil {
		return err
	}
	w, err := gcp.KMS(gcp.Options{Key: own.Key, Credentials: string(c.file(well, "account-well.json", account)), Endpoint: sealer.url("")})
	if err := errors.Join(err, makeKeysBy(path, w)); err != nil {
		return err
	}
	keeper, vouching := waysOf(f)
	own.Endpoint = c.lever(keeper, g).url("")
	if account, err = accountOf(c.lever(vouching, g).url("/token")); err != nil {
		return err
	}
	own.Credentials = c.file(well, "account.json", account)
	s.Key.GCPKMS = own
	return nil
}

// makeKeysBy is makeKeys, where w was made.
func makeKeysBy(path string, w wrap.Wrapper) error {
	if w == nil {
		return nil
	}
	return makeKeys(path, w)
}

func newSealer() cipher.AEAD {
	key := make([]byte, 32)
	rand.Read(key)
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err) // the length is ours
	}
	sealer, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err)
	}
	return sealer
}
