package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	core "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	auth "github.com/envoyproxy/go-control-plane/envoy/service/auth/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// ask asks as Envoy does whether a call may pass, in the generated types of
// Envoy, and says what it is told: a line for the verdict, and one for each
// field. Fields of the call are written name:value; raw has them sent as
// encode_raw_headers does.
func ask(address string, raw bool, method, target string, fields []string) error {
	c, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer c.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	answer, err := auth.NewAuthorizationClient(c).Check(ctx, question(raw, method, target, fields))
	if err != nil {
		return err
	}
	fmt.Println("code", answer.GetStatus().GetCode())
	if denied := answer.GetDeniedResponse(); denied != nil {
		fmt.Println("denied", int(denied.GetStatus().GetCode()))
		tell("client", denied.GetHeaders())
		fmt.Println(denied.GetBody())
	}
	if ok := answer.GetOkResponse(); ok != nil {
		fmt.Println("ok")
		tell("set", ok.GetHeaders())
		tell("client", ok.GetResponseHeadersToAdd())
		for _, name := range ok.GetHeadersToRemove() {
			fmt.Println("remove", name)
		}
	}
	return nil
}

func tell(what string, list []*core.HeaderValueOption) {
	for _, h := range list {
		said, appends := appended(h)
		if !said {
			what = "unclear " + what
		}
		fmt.Printf("%s %s: %s %v\n", what, h.GetHeader().GetKey(), h.GetHeader().GetValue(), appends)
	}
}

// appended reads the member append, which Envoy reads here and the generated
// code calls deprecated.
func appended(h *core.HeaderValueOption) (said, appends bool) {
	m := h.ProtoReflect()
	f := m.Descriptor().Fields().ByName("append")
	if !m.Has(f) {
		return false, false
	}
	inner := m.Get(f).Message()
	return true, inner.Get(inner.Descriptor().Fields().ByName("value")).Bool()
}

func question(raw bool, method, target string, fields []string) *auth.CheckRequest {
	h := &auth.AttributeContext_HttpRequest{Id: "1", Method: method, Path: target, Host: "api.test", Scheme: "https", Protocol: "HTTP/2", Headers: map[string]string{}}
	all := append([]string{":method:" + method, ":path:" + target, ":authority:api.test", ":scheme:https", "x-forwarded-proto:https", "x-request-id:1"}, fields...)
	list := &core.HeaderMap{}
	for _, f := range all {
		name, value, _ := strings.Cut(f[1:], ":")
		name = f[:1] + name
		list.Headers = append(list.Headers, &core.HeaderValue{Key: name, RawValue: []byte(value)})
		if before, ok := h.Headers[name]; ok {
			value = before + "," + value
		}
		h.Headers[name] = value
	}
	if raw {
		h.HeaderMap, h.Headers = list, nil
	}
	return &auth.CheckRequest{Attributes: &auth.AttributeContext{
		Source: &auth.AttributeContext_Peer{Address: &core.Address{Address: &core.Address_SocketAddress{SocketAddress: &core.SocketAddress{
			Address: "203.0.113.7", PortSpecifier: &core.SocketAddress_PortValue{PortValue: 5000}}}}},
		Request: &auth.AttributeContext_Request{Http: h},
	}}
}
