//! Who uses the app: signing up, in and out. These requests go through the network and are never repeated without being asked.

use serde::{Deserialize, Serialize};

/// A request about the account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum AccountRequest {
    /// Make an account and take the local data along. → `Account`
    SignUp {
        /// E-mail address.
        email: String,
        /// Password.
        password: String,
    },
    /// Sign in; local data made without an account are taken along. → `Account`
    SignIn {
        /// E-mail address.
        email: String,
        /// Password.
        password: String,
    },
    /// The password is forgotten: have a code mailed to that address, if it has an account. → `Account`
    SendCode {
        /// E-mail address.
        email: String,
    },
    /// Sign in with a mailed code and choose another password; like `SignIn` otherwise. → `Account`
    UseCode {
        /// The address it was mailed to.
        email: String,
        /// The code, digits only.
        code: String,
        /// The password she wants.
        wanted: String,
    },
    /// Choose another password; other devices must sign in again. → `Account`
    ChangePassword {
        /// The one she has.
        current: String,
        /// The one she wants.
        wanted: String,
    },
    /// Choose another e-mail address; where the server wants it confirmed, the old one stays until then. → `Account`
    ChangeEmail {
        /// The one she wants.
        email: String,
        /// Her password.
        password: String,
    },
    /// Delete the account and everything in it, on the server and on this device. → `Account`
    DeleteAccount {
        /// Her password.
        password: String,
    },
    /// Without an account: delete everything that was made on this device. → `Account`
    EraseDevice,
    /// Sign out. → `Account`
    SignOut {
        /// What about unsent work?
        unsent: UnsentWork,
    },
}

/// Who is using the app.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Account {
    /// Nobody has signed in: the data stay on this device.
    LocalOnly {
        /// Is a server configured at all, so that signing in makes sense?
        server: bool,
    },
    /// Signed in.
    SignedIn {
        /// The e-mail address of the account.
        email: String,
        /// The session has ended on the server: everything works, but to sync she must sign in again.
        expired: bool,
    },
}

/// What to do with unsent work when signing out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum UnsentWork {
    /// Refuse to sign out while there is any.
    Refuse,
    /// Keep it on this device, to be sent at the next sign-in.
    Keep,
    /// Give it up.
    Discard,
}
