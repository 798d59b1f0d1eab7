package config

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
)

// LedgerWitness is somebody elsewhere who cosigns the checkpoints of the ledger, as C2SP tlog-witness has it.
type LedgerWitness struct {
	Place
	// Key is the public key of the witness, in one line. A gate that is a witness prints it, and has it in the file vkey of its folder.
	Key string `key:"key,required,form=witness-key,example=gate-2.example.com/witness+3745d69d+BBIxkVHpjRp+xtHU4pxjWW9N1oVCnZu6PT2rnLBJRkUG"`
	// URL is where it is asked; /add-checkpoint is added. It is one of https, or of http on this machine.
	URL string `key:"url,required,form=webhook,example=https://gate-2.example.com:9091/v1/witness"`
	// CA is a PEM file with the authorities that vouch for it, in the place of those of the system.
	CA File `key:"ca,example=witness-ca.pem"`
}

// Witness has the gate cosign the checkpoints of the ledgers of others, at /v1/witness of the API of administration: that they go on as they were seen before. It knows nothing of what is recorded in them.
type Witness struct {
	Place
	// Name is what its signatures call it, and no other witness in the world: a host and a name, without spaces.
	Name string `key:"name,required,form=ledger,example=gate-2.example.com/witness"`
	// Path is the folder of its key and of what it saw, of this gate alone. It is made when it is missing.
	Path File `key:"path,absent=state/witness,example=/var/lib/gatehouse/witness"`
	// Logs are the public keys of the ledgers, in one line each, as their gates print them.
	Logs []string `key:"logs,required,min=1,form=log-key,example=[api.example.com/gate-1+9a09e4ee+AVTTpBNirYpKp/D9IPvdXHH/i8Mut0xPf6oU/WxqmlcN]"`
}

// witnessPath is where a witness keeps what it saw when nothing is said.
const witnessPath = "state/witness"

// witnesses holds what is said of those who cosign the ledger together.
func (d *decoder) witnesses(l *Ledger) {
	if l.has("quorum") && l.Quorum > len(l.Witnesses) {
		d.add("witness-quorum", l.At("quorum").node, "name as many under witnesses, or ask for fewer", "%d witnesses must cosign, and there are %d", l.Quorum, len(l.Witnesses))
	}
	if !l.has("quorum") {
		l.Quorum = len(l.Witnesses)
	}
	known := map[string]bool{}
	for i := range l.Witnesses {
		w := &l.Witnesses[i]
		if w.Key != "" && known[w.Key] {
			d.add("witness-twice", w.At("key").node, "name another one: a witness counts once", "this witness stands there twice")
		}
		known[w.Key] = true
	}
}

// witness fills in where a witness keeps what it saw.
func (d *decoder) witness(c *Config) {
	w := c.Admin.Witness
	if w == nil {
		return
	}
	if w.Path == "" && !w.has("path") {
		w.Path = File(d.path(witnessPath))
	}
	if !c.Trust.has("keys_file") {
		d.add("witness-keys", w.node, "have the gate keep keys of its own: trust: {keys_file: ..., key: ...}", "the key of the witness is sealed under keys that last, and there are none")
	}
}

const verifierPattern = `^[^\s+]+\+[0-9a-f]{8}\+[0-9A-Za-z+/]+=*$`

var verifierParts = expression(`^([^\s+]+)\+([0-9a-f]{8})\+([0-9A-Za-z+/]+=*)$`)

// The kinds of keys (C2SP signed-note, "Signature types").
const (
	keyOfLog     = 0x01 // Ed25519
	keyOfWitness = 0x04 // Ed25519 with the time of a cosignature

	verifierBytes = 1 + 32 // the kind, and a public key of Ed25519
)

// verifierKind reads a public key (C2SP signed-note, "Verifier keys"): its hash is
// the begin of the SHA-256 of its name, a line feed and the key.
func verifierKind(text string) (kind byte, ok bool) {
	parts := verifierParts().FindStringSubmatch(text)
	if parts == nil {
		return 0, false
	}
	key, err := base64.StdEncoding.DecodeString(parts[3])
	if err != nil || len(key) != verifierBytes {
		return 0, false
	}
	sum := sha256.Sum256(append([]byte(parts[1]+"\n"), key...))
	return key[0], parts[2] == hex.EncodeToString(sum[:4])
}

// judgeLogKey knows the public key of a log.
func judgeLogKey(text string) (wrong, hint string) {
	return judgeVerifier(text, keyOfLog, "the key is that of a witness, and not of a log", "a ledger has its key in its file vkey")
}

// judgeWitnessKey knows that of a witness.
func judgeWitnessKey(text string) (wrong, hint string) {
	return judgeVerifier(text, keyOfWitness, "the key is that of a log, and not of a witness", "a witness that is a gate has its key in the file vkey of admin.witness.path")
}

func judgeVerifier(text string, want byte, other, place string) (wrong, hint string) {
	switch kind, ok := verifierKind(text); {
	case !ok || kind != keyOfLog && kind != keyOfWitness:
		return "not a public key: it reads as NAME+HASH+KEY", "copy the whole line of the file vkey"
	case kind != want:
		return other, place
	}
	return "", ""
}
