package main

import (
	"net/http/httptest"
	"os"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/gatehouse-api/gatehouse/lab"
)

// startShop starts the weak shop, which believes the gate who calls, and puts
// examples/shop with the shop's contract into the script's folder, with
// planted secrets in place of its own. $SHOP_NAME is the shop's own token of
// each person.
func startShop(ts *testscript.TestScript, neg bool, args []string) {
	plain(ts, neg, args, 0)
	shop := lab.New(lab.Options{Caller: "Shop-User"})
	server := httptest.NewServer(shop)
	ts.Defer(server.Close)
	ts.Setenv("API", server.URL)
	for name, number := range map[string]int64{"GRACE": lab.Grace, "ALICE": lab.Alice, "BOB": lab.Bob, "MALLORY": lab.Mallory} {
		ts.Setenv("SHOP_"+name, shop.Token(number))
	}
	places := strings.NewReplacer("http://127.0.0.1:9000", server.URL, "127.0.0.1:8080", "127.0.0.1:0", "../../lab/", "",
		"${file:passphrase.txt}", "${file:planted/passphrase}", "${file:pepper.txt}", "${file:planted/pepper}")
	for _, name := range []string{"gatehouse.yaml", "shop.cedar", "owners.csv", "prepare.sh"} {
		text, err := os.ReadFile("../../examples/shop/" + name)
		ts.Check(err)
		ts.Check(os.WriteFile(ts.MkAbs(name), []byte(places.Replace(string(text))), 0o600))
	}
	ts.Check(os.WriteFile(ts.MkAbs(lab.DocumentName), lab.Document(), 0o600))
}

// learn sets a variable to what stands in a file.
func learn(ts *testscript.TestScript, neg bool, args []string) {
	plain(ts, neg, args, 2)
	ts.Setenv(args[0], strings.TrimSpace(ts.ReadFile(args[1])))
}
