// java Open.java PRIVATE_JWK_FILE ORIGIN < SEALED
//
// Java 17 or later; the standard library alone, which has no JSON parser: the header and the claims are matched
// whole, in the one form in which the module writes them. Where you have a JSON parser, use it for the claims.

import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECFieldFp;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPrivateKeySpec;
import java.security.spec.ECPublicKeySpec;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Cipher;
import javax.crypto.KeyAgreement;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

public class Open {
    static final long MAX_AGE = 600; // seconds
    static final long LEEWAY = 120;

    static final Pattern HEADER = Pattern.compile(
            "\\{\"alg\":\"([^\"]*)\",\"enc\":\"A256GCM\",\"kid\":\"([^\"]*)\","
                    + "\"epk\":\\{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"([\\w-]{43})\",\"y\":\"([\\w-]{43})\"\\}\\}");
    static final Pattern CLAIMS = Pattern.compile(
            "\\{\"v\":1,\"jti\":\"([\\w-]{22})\",\"iat\":(\\d{1,12}),\"origin\":\"([^\"\\\\]*)\","
                    + "(?:\"session\":\"([\\w.-]*)\",)?\"fields\":\\{.*\\}\\} *");

    /** Opens a sealed payload with the private JWK that its `kid` names, and gives its claims as JSON. */
    static String openSealed(String sealed, String jwk, String origin, long now) throws GeneralSecurityException {
        String[] segments = sealed.split("\\.", -1);
        require(segments.length == 5 && segments[1].isEmpty(), "sealed-malformed");
        Matcher header = HEADER.matcher(new String(decode(segments[0]), StandardCharsets.UTF_8));
        require(header.matches(), "sealed-header");
        // The key decides the algorithm, never the message.
        String algorithm = member(jwk, "alg");
        require(algorithm.equals("ECDH-ES") && header.group(1).equals(algorithm), "sealed-algorithm");
        require(header.group(2).equals(member(jwk, "kid")), "kid-unknown");

        byte[] z = agree(member(jwk, "d"), header.group(3), header.group(4));
        byte[] iv = decode(segments[2]);
        byte[] ciphertext = decode(segments[3]);
        byte[] tag = decode(segments[4]);
        require(iv.length == 12 && tag.length == 16, "sealed-malformed");
        Cipher gcm = Cipher.getInstance("AES/GCM/NoPadding");
        gcm.init(Cipher.DECRYPT_MODE, new SecretKeySpec(concatKdf(z), "AES"), new GCMParameterSpec(128, iv));
        gcm.updateAAD(segments[0].getBytes(StandardCharsets.US_ASCII));
        byte[] sealedText = ByteBuffer.allocate(ciphertext.length + 16).put(ciphertext).put(tag).array();
        String plaintext = new String(gcm.doFinal(sealedText), StandardCharsets.UTF_8);

        Matcher claims = CLAIMS.matcher(plaintext);
        require(claims.matches(), "sealed-claims");
        require(claims.group(3).equals(origin), "origin-mismatch");
        long age = now - Long.parseLong(claims.group(2));
        require(age <= MAX_AGE, "stale");
        require(age >= -LEEWAY, "future");
        return plaintext.stripTrailing(); // now refuse a `jti` that you have seen within MAX_AGE
    }

    /** The shared secret of our scalar `d` and the sender's point, which must be on the curve. */
    static byte[] agree(String d, String x, String y) throws GeneralSecurityException {
        AlgorithmParameters parameters = AlgorithmParameters.getInstance("EC");
        parameters.init(new ECGenParameterSpec("secp256r1"));
        ECParameterSpec p256 = parameters.getParameterSpec(ECParameterSpec.class);
        ECPoint point = new ECPoint(number(x), number(y));
        require(isOnCurve(point, p256), "sealed-undecryptable");

        KeyFactory keys = KeyFactory.getInstance("EC");
        KeyAgreement agreement = KeyAgreement.getInstance("ECDH");
        agreement.init(keys.generatePrivate(new ECPrivateKeySpec(number(d), p256)));
        ECPublicKey epk = (ECPublicKey) keys.generatePublic(new ECPublicKeySpec(point, p256));
        agreement.doPhase(epk, true);
        return agreement.generateSecret();
    }

    /** y² = x³ + ax + b, both coordinates below p. Not every JCA provider checks it. */
    static boolean isOnCurve(ECPoint point, ECParameterSpec curve) {
        BigInteger p = ((ECFieldFp) curve.getCurve().getField()).getP();
        BigInteger x = point.getAffineX();
        BigInteger y = point.getAffineY();
        BigInteger right = x.pow(3).add(curve.getCurve().getA().multiply(x)).add(curve.getCurve().getB());
        return x.compareTo(p) < 0 && y.compareTo(p) < 0 && y.pow(2).mod(p).equals(right.mod(p));
    }

    /** RFC 7518 §4.6.2 for A256GCM, without apu and apv: one round of SHA-256. */
    static byte[] concatKdf(byte[] z) throws GeneralSecurityException {
        byte[] algorithm = "A256GCM".getBytes(StandardCharsets.US_ASCII);
        ByteBuffer input = ByteBuffer.allocate(4 + z.length + 4 + algorithm.length + 12);
        input.putInt(1).put(z).putInt(algorithm.length).put(algorithm);
        input.putInt(0).putInt(0).putInt(256); // PartyUInfo, PartyVInfo, SuppPubInfo
        return MessageDigest.getInstance("SHA-256").digest(input.array());
    }

    /** Canonical base64url; Java's own decoder lets other spellings pass. */
    static byte[] decode(String text) {
        byte[] bytes = Base64.getUrlDecoder().decode(text);
        require(Base64.getUrlEncoder().withoutPadding().encodeToString(bytes).equals(text), "sealed-malformed");
        return bytes;
    }

    static BigInteger number(String base64url) {
        return new BigInteger(1, decode(base64url));
    }

    static String member(String jwk, String name) {
        Matcher found = Pattern.compile("\"" + name + "\"\\s*:\\s*\"([\\w-]*)\"").matcher(jwk);
        require(found.find(), "the private JWK has no " + name);
        return found.group(1);
    }

    static void require(boolean holds, String code) {
        if (!holds) {
            throw new IllegalArgumentException(code);
        }
    }

    public static void main(String[] arguments) throws Exception {
        ByteArrayOutputStream sealed = new ByteArrayOutputStream();
        System.in.transferTo(sealed);
        String jwk = Files.readString(Path.of(arguments[0]));
        long now = System.currentTimeMillis() / 1000;
        String claims = openSealed(sealed.toString(StandardCharsets.US_ASCII).strip(), jwk, arguments[1], now);
        System.out.write((claims + "\n").getBytes(StandardCharsets.UTF_8));
        System.out.flush();
    }
}
