// go run open.go PRIVATE_JWK_FILE ORIGIN < SEALED
//
// Go 1.20 or later, for crypto/ecdh; the standard library alone.
package main

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

const (
	maxAge    = 10 * time.Minute
	leeway    = 2 * time.Minute
)

// JWK is a P-256 key as `tillseal keys new` writes it; D is empty in a public one.
type JWK struct {
	Kty, Crv, X, Y, D, Alg, Kid string
}

// Header is the protected header: these members and no other.
type Header struct {
	Alg string `json:"alg"`
	Enc string `json:"enc"`
	Kid string `json:"kid"`
	Epk struct {
		Kty string `json:"kty"`
		Crv string `json:"crv"`
		X   string `json:"x"`
		Y   string `json:"y"`
	} `json:"epk"`
}

// Claims is what an opened payload says.
type Claims struct {
	V       int               `json:"v"`
	Jti     string            `json:"jti"`
	Iat     int64             `json:"iat"`
	Origin  string            `json:"origin"`
	Session string            `json:"session,omitempty"`
	Fields  map[string]string `json:"fields"`
	Signals json.RawMessage   `json:"signals,omitempty"`
}

// OpenSealed opens a sealed payload with the private JWK that its kid names.
func OpenSealed(sealed string, jwk JWK, origin string, now time.Time) (claims Claims, err error) {
	segments := strings.Split(sealed, ".")
	if len(segments) != 5 || segments[1] != "" {
		return claims, errors.New("sealed-malformed")
	}
	var header Header
	decoder := json.NewDecoder(bytes.NewReader(decode(segments[0])))
	decoder.DisallowUnknownFields()
	if err = decoder.Decode(&header); err != nil {
		return claims, errors.New("sealed-header")
	}
	// The key decides the algorithm, never the message.
	if jwk.Alg != "ECDH-ES" || header.Alg != jwk.Alg || header.Enc != "A256GCM" {
		return claims, errors.New("sealed-algorithm")
	}
	if header.Kid != jwk.Kid {
		return claims, errors.New("kid-unknown")
	}

	// NewPublicKey refuses a point that is not on the curve.
	epk, err := ecdh.P256().NewPublicKey(sec1(header.Epk.X, header.Epk.Y))
	if err != nil || header.Epk.Kty != "EC" || header.Epk.Crv != "P-256" {
		return claims, errors.New("sealed-undecryptable")
	}
	private, err := ecdh.P256().NewPrivateKey(decode(jwk.D))
	if err != nil {
		return claims, err
	}
	z, err := private.ECDH(epk)
	if err != nil {
		return claims, errors.New("sealed-undecryptable")
	}
	block, err := aes.NewCipher(concatKDF(z))
	if err != nil {
		return claims, err
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		return claims, err
	}
	iv, tag := decode(segments[2]), decode(segments[4])
	if len(iv) != gcm.NonceSize() || len(tag) != gcm.Overhead() {
		return claims, errors.New("sealed-malformed")
	}
	plaintext, err := gcm.Open(nil, iv, append(decode(segments[3]), tag...), []byte(segments[0]))
	if err != nil {
		return claims, errors.New("sealed-undecryptable")
	}

	// The padding is white space to JSON.
	if err = json.Unmarshal(plaintext, &claims); err != nil || claims.V != 1 {
		return claims, errors.New("sealed-claims")
	}
	switch age := now.Sub(time.Unix(claims.Iat, 0)); {
	case claims.Origin != origin:
		return Claims{}, errors.New("origin-mismatch")
	case age > maxAge:
		return Claims{}, errors.New("stale")
	case age < -leeway:
		return Claims{}, errors.New("future")
	}
	return claims, nil // now refuse a Jti that you have seen within maxAge
}

// concatKDF is RFC 7518 §4.6.2 for A256GCM, without apu and apv: one round of SHA-256.
func concatKDF(z []byte) []byte {
	input := binary.BigEndian.AppendUint32(nil, 1)
	input = append(input, z...)
	input = binary.BigEndian.AppendUint32(input, uint32(len("A256GCM")))
	input = append(input, "A256GCM"...)
	input = append(input, make([]byte, 8)...) // lengths of PartyUInfo and PartyVInfo
	key := sha256.Sum256(binary.BigEndian.AppendUint32(input, 256))
	return key[:]
}

func sec1(x, y string) []byte {
	return append(append([]byte{4}, decode(x)...), decode(y)...)
}

// decode gives nothing where the text is not canonical base64url; every caller then fails.
func decode(text string) []byte {
	decoded, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil {
		return nil
	}
	return decoded
}

func main() {
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(keyFile, origin string) error {
	var jwk JWK
	key, err := os.ReadFile(keyFile)
	if err != nil {
		return err
	}
	if err = json.Unmarshal(key, &jwk); err != nil {
		return err
	}
	sealed, err := io.ReadAll(os.Stdin)
	if err != nil {
		return err
	}
	claims, err := OpenSealed(strings.TrimSpace(string(sealed)), jwk, origin, time.Now())
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(claims)
}
