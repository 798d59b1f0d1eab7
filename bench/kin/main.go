// Command kin is the gate that Go programs have today: the request and response
// filter of kin-openapi behind net/http, in front of httputil.ReverseProxy.
// bench/proxy starts it as a peer; nobody else does.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers/legacy"
)

func main() {
	contract := flag.String("contract", "", "the OpenAPI 3.0 document")
	listen := flag.String("listen", "127.0.0.1:8080", "where clients connect")
	upstream := flag.String("upstream", "127.0.0.1:9000", "the API")
	flag.Parse()
	h, err := handler(*contract, *upstream)
	if err == nil {
		err = http.ListenAndServe(*listen, h)
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// handler judges requests and answers by the contract and forwards.
func handler(contract, upstream string) (http.Handler, error) {
	doc, err := openapi3.NewLoader().LoadFromFile(contract)
	if err != nil {
		return nil, err
	}
	router, err := legacy.NewRouter(doc)
	if err != nil {
		return nil, err
	}
	target := &url.URL{Scheme: "http", Host: upstream}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.SetXForwarded()
		},
		Transport: &http.Transport{MaxIdleConns: 256, MaxIdleConnsPerHost: 256, DisableCompression: true},
		ErrorLog:  log.New(io.Discard, "", 0),
	}
	quiet := openapi3filter.OnLog(func(context.Context, string, error) {})
	return openapi3filter.NewValidator(router, openapi3filter.Strict(true), quiet).Middleware(proxy), nil
}
