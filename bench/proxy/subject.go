//go:build linux

package main

import (
	"context"
	"debug/buildinfo"
	"os/exec"
	"path/filepath"
	"strings"
)

// subject is a proxy that is measured.
type subject struct {
	name    string
	program string
	config  string // its template
	setting setting
	args    func(config string) []string
	version []string // arguments that make it say its version
	library string   // the module whose version counts, where the program is ours
	plain   bool     // speaks no TLS
	judges  bool     // refuses what breaks the contract
	guards  bool     // refuses who has no good token
	gate    bool
}

var subjects = []subject{
	{name: "nginx", program: "nginx", config: "nginx.conf", args: nginxArgs, version: []string{"-v"}},
	{name: "nginx-buffers", program: "nginx", config: "nginx.conf",
		setting: setting{Buffers: true}, args: nginxArgs},
	{name: "haproxy", program: "haproxy", config: "haproxy.cfg", version: []string{"-v"},
		args: func(config string) []string { return []string{"-db", "-f", config} }},
	{name: "haproxy-token", program: "haproxy", config: "haproxy.cfg", setting: setting{Tokens: true}, guards: true,
		args: func(config string) []string { return []string{"-db", "-f", config} }},
	{name: "caddy", program: "caddy", config: "Caddyfile",
		args: func(config string) []string { return []string{"run", "--adapter", "caddyfile", "--config", config} }},
	{name: "kin-openapi", program: "kin", library: "github.com/getkin/kin-openapi", config: "strict.yaml", plain: true, judges: true,
		args: func(config string) []string { return []string{"-contract", config} }},
	{name: "relay", program: "relay", plain: true, args: func(string) []string { return nil }},
	{name: "gate", program: "gatehouse", config: "gatehouse.yaml", setting: setting{Contract: "open.yaml"},
		args: gateArgs, version: []string{"version"}, gate: true},
	{name: "gate-enforced", program: "gatehouse", config: "gatehouse.yaml", setting: setting{Contract: "strict.yaml"},
		args: gateArgs, gate: true, judges: true},
	{name: "gate-token", program: "gatehouse", config: "gatehouse.yaml", setting: setting{Contract: "strict.yaml", Tokens: true},
		args: gateArgs, gate: true, judges: true, guards: true},
	{name: "gate-rule", program: "gatehouse", config: "gatehouse.yaml", setting: setting{Contract: "strict.yaml", Tokens: true, Rules: true},
		args: gateArgs, gate: true, judges: true, guards: true},
	// all that there is: a limit for each caller, the event in a file, and the ledger,
	// in which stands what is recorded unless a file says else: calls that may change
	// something. gate-recorded has reads there as well.
	{name: "gate-events", program: "gatehouse", config: "gatehouse.yaml", setting: setting{Contract: "strict.yaml", Tokens: true, All: true},
		args: gateArgs, gate: true, judges: true, guards: true},
	{name: "gate-all", program: "gatehouse", config: "gatehouse.yaml", setting: setting{Contract: "strict.yaml", Tokens: true, All: true, Ledger: true},
		args: gateArgs, gate: true, judges: true, guards: true},
	{name: "gate-all-rule", program: "gatehouse", config: "gatehouse.yaml", setting: setting{Contract: "strict.yaml", Tokens: true, Rules: true, All: true, Ledger: true},
		args: gateArgs, gate: true, judges: true, guards: true},
	{name: "gate-recorded", program: "gatehouse", config: "gatehouse.yaml", setting: setting{Contract: "strict.yaml", Tokens: true, All: true, Ledger: true, Reads: true},
		args: gateArgs, gate: true, judges: true, guards: true},
	// a limit for each caller, of which calls come to a fortieth, counted by the gate
	// alone and together with others
	{name: "gate-limited", program: "gatehouse", config: "gatehouse.yaml", setting: setting{Contract: "strict.yaml", Tokens: true, Limited: true},
		args: gateArgs, gate: true, judges: true, guards: true},
	{name: "gate-shared", program: "gatehouse", config: "gatehouse.yaml", setting: setting{Contract: "strict.yaml", Tokens: true, Limited: true, Shared: true},
		args: gateArgs, gate: true, judges: true, guards: true},
	// the same of another build, to see what a change brings
	{name: "gate-before", program: "before", config: "gatehouse.yaml", setting: setting{Contract: "open.yaml"}, args: gateArgs, version: []string{"version"}, gate: true},
	{name: "gate-before-enforced", program: "before", config: "gatehouse.yaml", setting: setting{Contract: "strict.yaml"}, args: gateArgs, gate: true, judges: true},
	{name: "gate-before-token", program: "before", config: "gatehouse.yaml", setting: setting{Contract: "strict.yaml", Tokens: true},
		args: gateArgs, gate: true, judges: true, guards: true},
}

func nginxArgs(config string) []string {
	return []string{"-p", filepath.Dir(config), "-e", "stderr", "-c", config}
}

func gateArgs(config string) []string { return []string{"serve", "--config", config} }

// start begins to serve and waits until connections are accepted.
func (s *subject) start(ctx context.Context, at *stage) (*process, error) {
	var config string
	if s.config != "" {
		var err error
		if config, err = at.write(s.config, s.setting); err != nil {
			return nil, err
		}
	}
	args := s.args(config)
	env := []string{"HOME=" + at.dir, "XDG_DATA_HOME=" + at.dir, "XDG_CONFIG_HOME=" + at.dir} // Caddy keeps files there
	addresses := []string{at.plain(), at.encrypted()}
	if s.plain {
		addresses = addresses[:1]
		args = append(args, "-listen", at.plain(), "-upstream", address(at.ports[0]))
	}
	if s.setting.Shared {
		if err := at.counters(ctx); err != nil {
			return nil, err
		}
	}
	if s.gate {
		if _, err := at.write(s.setting.Contract, setting{Tokens: s.setting.Tokens}); err != nil {
			return nil, err
		}
		env = append(env, at.env...)
	}
	p, err := start(at.dir, env, append([]string{at.program(s.program)}, args...)...)
	if err != nil {
		return nil, err
	}
	if err := p.await(ctx, addresses...); err != nil {
		_ = p.stop()
		return nil, err
	}
	return p, nil
}

// versionOf says which version a subject is: the module's of Go programs that
// others wrote, otherwise what the program itself says.
func (s *subject) versionOf(at *stage) string {
	path := at.program(s.program)
	if s.version == nil {
		info, err := buildinfo.ReadFile(path)
		if err != nil {
			return err.Error()
		}
		if module := info.Main; s.library == "" {
			return module.Version + ", " + info.GoVersion
		}
		for _, module := range info.Deps {
			if module.Path == s.library {
				return module.Version + ", " + info.GoVersion
			}
		}
	}
	text, err := exec.Command(path, s.version...).CombinedOutput()
	line, _, _ := strings.Cut(strings.TrimSpace(string(text)), "\n")
	if line == "" && err != nil {
		return err.Error()
	}
	return line
}

// find looks a program up, also where Debian keeps daemons.
func find(name string) string {
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	if path, err := exec.LookPath("/usr/sbin/" + name); err == nil {
		return path
	}
	return name
}
