package credentials

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	t.Parallel()
	want := map[string]string{"a": "s1", "b": "s2"}
	for _, text := range []string{"a s1\n\nb  s2\n", ` {"credentials": [{"principal": "a", "secret": "s1"}, {"principal": "b", "secret": "s2"}]}`} {
		if got, err := Parse([]byte(text)); err != nil || !maps.Equal(got, want) {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
	for text, says := range map[string]string{
		"": "no principal", "a": "line 1", "b x\na hush hush": "line 2", "a s\na hush": `"a" has two`, "a:b hush": "colon",
		`{"credentials": [{"principal": "a"}]}`: "empty", `{"credentials": "hush"}`: "the JSON is not as",
	} {
		_, err := Parse([]byte(text))
		if err == nil || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "hush") {
			t.Errorf("%q: %v; want %q and no secret", text, err, says)
		}
	}
}

// With secrets, only a principal with its own is let in; without any, everyone is.
func TestAuthenticate(t *testing.T) {
	t.Parallel()
	secrets := Secrets{"fw": "s3", "op": "s4"}
	basic := func(user, password string) func(*http.Request) {
		return func(r *http.Request) { r.SetBasicAuth(user, password) }
	}
	for _, c := range []struct {
		name    string
		secrets Secrets
		login   func(*http.Request)
		want    string
		ok      bool
	}{
		{"its own secret", secrets, basic("fw", "s3"), "fw", true},
		{"another's secret", secrets, basic("fw", "s4"), "fw", false},
		{"no secret", secrets, basic("fw", ""), "fw", false},
		{"unknown", secrets, basic("x", ""), "x", false},
		{"nothing", secrets, func(*http.Request) {}, "", false},
		{"in lower case", secrets, func(r *http.Request) { r.Header.Set("Authorization", "basic Znc6czM=") }, "", false},
		{"bearer", secrets, func(r *http.Request) { r.Header.Set("Authorization", "Bearer s3") }, "", false},
		{"no secrets", nil, basic("fw", "s3"), "", true},
	} {
		r := httptest.NewRequest(http.MethodPost, "/", nil)
		c.login(r)
		if got, ok := c.secrets.Authenticate(r); got != c.want || ok != c.ok {
			t.Errorf("%s: %q, %v", c.name, got, ok)
		}
		w := httptest.NewRecorder()
		c.secrets.Require(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })).ServeHTTP(w, r)
		if (w.Code == http.StatusTeapot) != c.ok || !c.ok && w.Code != http.StatusUnauthorized {
			t.Errorf("%s: answered with %d", c.name, w.Code)
		}
	}
}

// Tokens differ, and are found in requests that show one.
func TestTokens(t *testing.T) {
	t.Parallel()
	one, two := NewToken(), NewToken()
	if one == two || len(one) < 20 {
		t.Errorf("tokens %q and %q", one, two)
	}
	r := httptest.NewRequest(http.MethodPost, "/", nil)
	if token, ok := Bearer(r); ok {
		t.Errorf("found %q where there is none", token)
	}
	r.Header.Set("Authorization", "Bearer "+one)
	if token, ok := Bearer(r); !ok || token != one {
		t.Errorf("found %q, %v", token, ok)
	}
}
