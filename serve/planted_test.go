package serve

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
)

// TestPlantedSecretIsShownToTheAPI holds that what the houses are searched for
// is there, and that the search finds it.
func TestPlantedSecretIsShownToTheAPI(t *testing.T) {
	shown := make(chan string, 1)
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		shown <- r.Header.Get("X-Planted")
		w.Write([]byte("ok"))
	}))
	defer api.Close()
	h := openHouse(t, one("a.yaml", api.URL))
	defer h.Stop()
	if s := status(t, h.URL()+"/a"); s != http.StatusOK {
		t.Fatalf("status %d %s", s, h.log.String())
	}
	if got := <-shown; got != planted {
		t.Errorf("the API was shown %q", got)
	}
	for _, text := range []string{planted, fmt.Sprintf("%q", planted), base64.StdEncoding.EncodeToString([]byte("Bearer " + planted))} {
		if plantedIn("a "+text+" b") == "" {
			t.Errorf("not found in %s", text)
		}
	}
	for _, secret := range append(h.ownKeys(), plantedElsewhere...) {
		for _, text := range []string{secret, fmt.Sprintf("%q", secret), fmt.Sprintf("%x", secret), fmt.Sprint([]byte(secret)), base64.RawURLEncoding.EncodeToString([]byte("xx" + secret + "x"))} {
			if plantedIn("a "+text+" b", h.ownKeys()...) == "" {
				t.Errorf("not found in %s", text)
			}
		}
	}
	if n := len(h.ownKeys()); n != 3 {
		t.Errorf("the gate has %d keys", n)
	}
	if form := plantedIn(h.log.String()+"and more", h.ownKeys()...); form != "" {
		t.Errorf("found as %s", form)
	}
}
