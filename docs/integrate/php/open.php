<?php
// php open.php PRIVATE_JWK_FILE ORIGIN < SEALED
//
// PHP 8.1 or later with its openssl extension.

declare(strict_types=1);

const MAX_AGE = 600; // seconds
const LEEWAY = 120;

/** Opens a sealed payload with the private JWK that its `kid` names; throws where anything is not as it must be. */
function open_sealed(string $sealed, array $jwk, string $origin, int $now): array
{
    $segments = explode('.', $sealed);
    must(count($segments) === 5 && $segments[1] === '', 'sealed-malformed');
    [$protected, , $iv, $ciphertext, $tag] = $segments;

    // The key decides the algorithm, never the message; and the header holds these members and no other.
    $header = json_decode(decode($protected), true, 3, JSON_THROW_ON_ERROR);
    must(is_array($header), 'sealed-header');
    $members = array_keys($header);
    sort($members);
    must($members === ['alg', 'enc', 'epk', 'kid'], 'sealed-header');
    must($jwk['alg'] === 'ECDH-ES' && $header['alg'] === $jwk['alg'], 'sealed-algorithm');
    must($header['enc'] === 'A256GCM', 'sealed-algorithm');
    must($header['kid'] === $jwk['kid'], 'kid-unknown');

    [$iv, $tag] = [decode($iv), decode($tag)];
    must(strlen($iv) === 12 && strlen($tag) === 16, 'sealed-malformed');
    $key = concat_kdf(agree($jwk, $header['epk']));
    $plaintext = openssl_decrypt(
        decode($ciphertext), 'aes-256-gcm', $key, OPENSSL_RAW_DATA, $iv, $tag, $protected);
    must($plaintext !== false, 'sealed-undecryptable');
    $claims = json_decode($plaintext, true, 8, JSON_THROW_ON_ERROR); // its padding is white space to JSON

    must($claims['v'] === 1, 'sealed-claims');
    must($claims['origin'] === $origin, 'origin-mismatch');
    must($claims['iat'] >= $now - MAX_AGE, 'stale');
    must($claims['iat'] <= $now + LEEWAY, 'future');
    return $claims; // now refuse a `jti` that you have seen within MAX_AGE
}

/** The shared secret. OpenSSL refuses a point that is not on the curve when it reads the key. */
function agree(array $jwk, array $epk): string
{
    must($epk['kty'] === 'EC' && $epk['crv'] === 'P-256', 'sealed-header');
    // SubjectPublicKeyInfo (RFC 5480) and ECPrivateKey (RFC 5915) of P-256, around the bytes of the JWKs.
    $public = hex2bin('3059301306072a8648ce3d020106082a8648ce3d030107034200') . point($epk);
    $private = hex2bin('30770201010420') . coordinate($jwk['d'])
        . hex2bin('a00a06082a8648ce3d030107a144034200') . point($jwk);
    $public = openssl_pkey_get_public(pem('PUBLIC KEY', $public));
    must($public !== false, 'sealed-undecryptable');
    $z = openssl_pkey_derive($public, openssl_pkey_get_private(pem('EC PRIVATE KEY', $private)));
    must($z !== false, 'sealed-undecryptable');
    return $z;
}

/** RFC 7518 §4.6.2 for A256GCM, without apu and apv: one round of SHA-256. */
function concat_kdf(string $z): string
{
    $other_info = pack('N', 7) . 'A256GCM' . pack('NNN', 0, 0, 256);
    return hash('sha256', pack('N', 1) . $z . $other_info, true);
}

function point(array $jwk): string
{
    return "\x04" . coordinate($jwk['x']) . coordinate($jwk['y']);
}

function coordinate(string $text): string
{
    $bytes = decode($text);
    must(strlen($bytes) === 32, 'sealed-header');
    return $bytes;
}

function pem(string $label, string $der): string
{
    return "-----BEGIN $label-----\n" . chunk_split(base64_encode($der), 64, "\n") . "-----END $label-----\n";
}

/** Canonical base64url; PHP's own decoder lets other spellings pass. */
function decode(string $text): string
{
    $bytes = base64_decode(strtr($text, '-_', '+/'), true);
    must($bytes !== false && rtrim(strtr(base64_encode($bytes), '+/', '-_'), '=') === $text, 'sealed-malformed');
    return $bytes;
}

function must(bool $holds, string $code): void
{
    if (!$holds) {
        throw new UnexpectedValueException($code);
    }
}

$jwk = json_decode(file_get_contents($argv[1]), true, 2, JSON_THROW_ON_ERROR);
$claims = open_sealed(trim(stream_get_contents(STDIN)), $jwk, $argv[2], time());
echo json_encode($claims, JSON_THROW_ON_ERROR | JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE), "\n";
