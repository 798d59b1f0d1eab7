package testdata

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/url"
	"strings"
)

// Forms returns the ways in which programs write a value, by name: parts of it,
// quoted, in base64 wherever it begins in what was encoded, and others. What is
// searched for all of them holds no secret that anybody could read.
func Forms(secret string) map[string]string {
	quoted := fmt.Sprintf("%q", secret)
	list := map[string]string{
		"itself": secret, "a part": secret[:len(secret)*2/3], "the end": secret[len(secret)/3:],
		"quoted": strings.Trim(quoted, `"`), "quoted twice": strings.Trim(fmt.Sprintf("%q", quoted), `"\`),
		"JSON of HTML": strings.ReplaceAll(secret, `"`, `\u0022`), "URL": url.QueryEscape(secret), "path": url.PathEscape(secret),
		"hex": hex.EncodeToString([]byte(secret)), "upper hex": strings.ToUpper(hex.EncodeToString([]byte(secret))),
		"hex with spaces": fmt.Sprintf("% x", secret), "numbers": strings.Trim(fmt.Sprint([]byte(secret)), "[]"),
	}
	for shift, first := range []int{0, 2, 3} {
		text := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", shift) + secret))
		whole := text[first : (len(secret)+shift)/3*4]
		list[fmt.Sprint("base64 at ", shift)] = whole
		list[fmt.Sprint("base64 for URLs at ", shift)] = strings.NewReplacer("+", "-", "/", "_").Replace(whole)
	}
	return list
}
