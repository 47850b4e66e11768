//! Private keys in a PKCS#11 token (an HSM): only the key agreement happens inside, `CKM_ECDH1_DERIVE` with `CKD_NULL`
//! (PKCS#11 v3.1 §6.3.16). Key derivation and AES follow outside.

use crate::{KeyringError, agreement};
use cryptoki::{
    context::{CInitializeArgs, CInitializeFlags, Pkcs11},
    error::{Error, RvError},
    mechanism::{
        Mechanism,
        elliptic_curve::{EcKdf, Ecdh1DeriveParams},
    },
    object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle},
    session::{Session, UserType},
    slot::Slot,
    types::AuthPin,
};
use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use tillseal_protocol::{PublicKey, SharedSecret};
use zeroize::Zeroizing;

/// As many payloads at once are opened by the token; the others wait.
const MAX_SESSIONS: usize = 8;

/// How long a payload waits for a session.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long a token that could not be reached is left alone.
const PAUSE: Duration = Duration::from_secs(1);

/// `CKA_EC_PARAMS`: the DER of the object identifier of P-256, 1.2.840.10045.3.1.7.
const P256: [u8; 10] = [0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];

/// A token, and the sessions in it.
///
/// Neither `Clone`, `Debug` nor `Serialize`: it holds the PIN.
pub(crate) struct Token {
    module: PathBuf,
    label: String,
    pin: AuthPin,
    state: Mutex<State>,
    returned: Condvar,
}

/// A private key in a token.
pub(crate) struct TokenKey {
    token: Arc<Token>,
    id: Vec<u8>,
    public: PublicKey,
}

/// Why a token did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TokenError {
    /// It answers with an error, or not at all.
    #[error("{0}")]
    Module(#[from] Error),
    /// Nothing of that name, or not what it should be.
    #[error("{0}")]
    Missing(String),
    /// All sessions are busy, or it failed a moment ago.
    #[error("it is busy, or failed a moment ago")]
    Busy,
    /// It refuses the PIN; it is not asked again, because it would lock itself.
    #[error("it refuses the PIN")]
    Pin,
}

/// Why there is no shared secret.
#[derive(Debug)]
pub(crate) enum AgreementFailure {
    /// The peer's key is not on the curve.
    Point,
    /// The token did not do it.
    Token(TokenError),
}

#[derive(Default)]
struct State {
    connection: Option<Connection>,
    idle: Vec<Worker>,
    busy: usize,
    /// The connection failed: it is made anew once no session is busy.
    is_broken: bool,
    failed_at: Option<Instant>,
    refuses_pin: bool,
}

struct Connection {
    module: Pkcs11,
    slot: Slot,
}

/// A session, and the handles of keys that it found.
struct Worker {
    session: Session,
    found: HashMap<Vec<u8>, ObjectHandle>,
}

impl From<TokenError> for KeyringError {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::Pin => Self::TokenPin,
            error => Self::Token { why: error.to_string() },
        }
    }
}

impl Token {
    /// Loads the module, finds the token of that label and logs in.
    pub(crate) fn connect(module: &Path, label: &str, pin: &str) -> Result<Self, TokenError> {
        let token = Self {
            module: module.into(),
            label: label.into(),
            pin: AuthPin::new(pin.into()),
            state: Mutex::default(),
            returned: Condvar::new(),
        };
        token.work(|_| Ok(()))?;
        Ok(token)
    }

    /// Makes a key pair whose private key cannot leave the token; its id and its public key.
    pub(crate) fn make(&self, id: &[u8]) -> Result<PublicKey, TokenError> {
        self.work(|worker| {
            let shared = || {
                [
                    Attribute::Token(true),
                    Attribute::KeyType(KeyType::EC),
                    Attribute::Id(id.to_vec()),
                    Attribute::Label(b"tillseal".to_vec()),
                    Attribute::Derive(true),
                ]
            };
            let public = [&shared()[..], &[Attribute::EcParams(P256.to_vec()), Attribute::Private(false)]];
            let private = [
                Attribute::Private(true),
                Attribute::Sensitive(true),
                Attribute::Extractable(false),
                Attribute::Sign(false),
                Attribute::Decrypt(false),
                Attribute::Unwrap(false),
            ];
            let private = [&shared()[..], &private].concat();
            let (public, _) =
                worker.session.generate_key_pair(&Mechanism::EccKeyPairGen, &public.concat(), &private)?;
            let attributes = worker.session.get_attributes(public, &[AttributeType::EcPoint])?;
            match attributes.first() {
                // The DER of an OCTET STRING of 65 bytes, or the bytes themselves, which some tokens give.
                Some(Attribute::EcPoint(point)) => {
                    let point = point.strip_prefix(&[0x04, 0x41]).unwrap_or(point);
                    PublicKey::from_sec1(point).ok()
                }
                _ => None,
            }
            .ok_or_else(|| TokenError::Missing("its new key has no uncompressed CKA_EC_POINT".into()))
        })
    }

    /// Removes a key pair again whose file could not be written.
    pub(crate) fn unmake(&self, id: &[u8]) -> Result<(), TokenError> {
        self.work(|worker| {
            for object in worker.session.find_objects(&[Attribute::Id(id.to_vec())])? {
                worker.session.destroy_object(object)?;
            }
            Ok(())
        })
    }

    /// Does something in a session of its own; once more in a new connection where the first one failed.
    fn work<T>(&self, work: impl Fn(&mut Worker) -> Result<T, TokenError>) -> Result<T, TokenError> {
        let mut tries = 0;
        loop {
            tries += 1;
            let mut worker = self.borrow()?;
            let result = work(&mut worker);
            let has_failed = matches!(result, Err(TokenError::Module(_)));
            self.give_back(worker, has_failed);
            if !has_failed || tries == 2 {
                return result;
            }
        }
    }

    fn borrow(&self) -> Result<Worker, TokenError> {
        let deadline = Instant::now() + PATIENCE;
        let mut state = self.lock();
        loop {
            if state.refuses_pin {
                return Err(TokenError::Pin);
            }
            // A module must not be finalized under somebody's hands (PKCS#11 v3.1 §5.4.2).
            if state.is_broken && state.busy == 0 {
                state.disconnect();
            }
            if !state.is_broken {
                if let Some(worker) = state.idle.pop() {
                    state.busy += 1;
                    return Ok(worker);
                }
                if state.busy < MAX_SESSIONS {
                    let worker = self.open_session(&mut state)?;
                    state.busy += 1;
                    return Ok(worker);
                }
            }
            let left = deadline.checked_duration_since(Instant::now()).ok_or(TokenError::Busy)?;
            state = self.returned.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn give_back(&self, worker: Worker, has_failed: bool) {
        let mut state = self.lock();
        state.busy -= 1;
        state.is_broken |= has_failed;
        if state.is_broken {
            drop(worker);
        } else {
            state.idle.push(worker);
        }
        self.returned.notify_all();
    }

    /// Opens a session, and the connection before it if there is none.
    fn open_session(&self, state: &mut State) -> Result<Worker, TokenError> {
        if state.failed_at.is_some_and(|at| at.elapsed() < PAUSE) {
            return Err(TokenError::Busy);
        }
        let opened = self.try_open_session(state);
        match &opened {
            Ok(_) => state.failed_at = None,
            Err(error) => {
                state.failed_at = Some(Instant::now());
                state.refuses_pin = matches!(error, TokenError::Pin);
                state.is_broken = true;
            }
        }
        opened
    }

    fn try_open_session(&self, state: &mut State) -> Result<Worker, TokenError> {
        if state.connection.is_none() {
            let module = Pkcs11::new(&self.module)?;
            match module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
                Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => {}
                Err(error) => return Err(error.into()),
            }
            let slot = self.find(&module)?;
            state.connection = Some(Connection { module, slot });
        }
        let Some(Connection { module, slot }) = &state.connection else { return Err(TokenError::Busy) };
        // Read-write, for new keys.
        let session = module.open_rw_session(*slot)?;
        match session.login(UserType::User, Some(&self.pin)) {
            // All sessions of a program are logged in together.
            Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => {}
            Err(Error::Pkcs11(
                RvError::PinIncorrect
                | RvError::PinInvalid
                | RvError::PinLenRange
                | RvError::PinLocked
                | RvError::PinExpired,
                _,
            )) => return Err(TokenError::Pin),
            Err(error) => return Err(error.into()),
        }
        Ok(Worker { session, found: HashMap::new() })
    }

    fn find(&self, module: &Pkcs11) -> Result<Slot, TokenError> {
        let mut found = Vec::new();
        for slot in module.get_slots_with_initialized_token()? {
            if module.get_token_info(slot)?.label().trim_end() == self.label {
                found.push(slot);
            }
        }
        match found[..] {
            [slot] => Ok(slot),
            [] => Err(TokenError::Missing(format!("there is no token of the label {}", self.label))),
            _ => Err(TokenError::Missing(format!(
                "there is more than one token of the label {}",
                self.label
            ))),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn disconnect(&mut self) {
        self.idle.clear();
        if let Some(Connection { module, .. }) = self.connection.take() {
            // It may be beyond that; the next connection shows.
            let _ = module.finalize();
        }
        self.is_broken = false;
    }
}

impl Worker {
    fn find(&mut self, id: &[u8]) -> Result<ObjectHandle, TokenError> {
        if let Some(handle) = self.found.get(id) {
            return Ok(*handle);
        }
        let template = [Attribute::Class(ObjectClass::PRIVATE_KEY), Attribute::Id(id.to_vec())];
        let handle = self.session.find_objects(&template)?.first().copied();
        let handle =
            handle.ok_or_else(|| TokenError::Missing("it holds no private key of that id".into()))?;
        self.found.insert(id.to_vec(), handle);
        Ok(handle)
    }

    fn agree(&mut self, id: &[u8], peer: &PublicKey) -> Result<SharedSecret, TokenError> {
        let key = self.find(id)?;
        let ecdh = Mechanism::Ecdh1Derive(Ecdh1DeriveParams::new(EcKdf::null(), peer.as_sec1()));
        let template = [
            Attribute::Class(ObjectClass::SECRET_KEY),
            Attribute::KeyType(KeyType::GENERIC_SECRET),
            Attribute::ValueLen(32.into()),
            Attribute::Token(false),
            Attribute::Sensitive(false),
            Attribute::Extractable(true),
        ];
        let derived = self.session.derive_key(&ecdh, key, &template)?;
        let attributes = self.session.get_attributes(derived, &[AttributeType::Value]);
        self.session.destroy_object(derived)?;
        let value = attributes?.into_iter().find_map(|attribute| match attribute {
            Attribute::Value(value) => Some(Zeroizing::new(value)),
            _ => None,
        });
        let mut secret = Zeroizing::new([0; 32]);
        match value {
            Some(value) if value.len() == 32 => secret.copy_from_slice(&value),
            _ => return Err(TokenError::Missing("it gave no shared secret of 32 bytes".into())),
        }
        Ok(secret)
    }
}

impl TokenKey {
    pub(crate) fn new(token: Arc<Token>, id: Vec<u8>, public: PublicKey) -> Self {
        Self { token, id, public }
    }

    pub(crate) fn public_key(&self) -> &PublicKey {
        &self.public
    }

    /// The shared secret with `peer`, whose point is checked here: a token says only that something failed.
    pub(crate) fn agree(&self, peer: &PublicKey) -> Result<SharedSecret, AgreementFailure> {
        if !agreement::is_on_curve(peer) {
            return Err(AgreementFailure::Point);
        }
        self.token.work(|worker| worker.agree(&self.id, peer)).map_err(AgreementFailure::Token)
    }
}
