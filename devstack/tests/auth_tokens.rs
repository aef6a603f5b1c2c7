//! The Auth service over HTTP: accounts, sessions, refresh rotation with its rules, both error shapes.

#![allow(clippy::unwrap_used)]

use devstack::{Config, Devstack};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};

struct Auth {
    stack: Devstack,
    http: reqwest::Client,
}

impl Auth {
    async fn start() -> Auth {
        Auth { stack: Devstack::start(Config::default()).await.unwrap(), http: reqwest::Client::new() }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("{}/auth/v1{path}", self.stack.url);
        self.http.request(method, url).header("apikey", &self.stack.publishable_key)
    }

    async fn post(&self, path: &str, body: Value) -> (StatusCode, Value) {
        answer(self.request(Method::POST, path).json(&body)).await
    }

    async fn signed_up(&self, email: &str) -> Value {
        let (status, session) = self.post("/signup", json!({"email": email, "password": "secret1"})).await;
        assert_eq!(status, 200, "{session}");
        session
    }

    async fn refresh(&self, token: &Value) -> (StatusCode, Value) {
        self.post("/token?grant_type=refresh_token", json!({"refresh_token": token})).await
    }

    async fn user(&self, session: &Value) -> (StatusCode, Value) {
        answer(self.request(Method::GET, "/user").bearer_auth(session["access_token"].as_str().unwrap())).await
    }
}

async fn answer(request: RequestBuilder) -> (StatusCode, Value) {
    let reply = request.send().await.unwrap();
    let status = reply.status();
    (status, serde_json::from_str(&reply.text().await.unwrap()).unwrap_or(Value::Null))
}

#[tokio::test]
async fn sessions_and_users_have_the_documented_form() {
    let auth = Auth::start().await;
    let (status, session) =
        auth.post("/signup", json!({"email": "Ann@Example.com", "password": "secret1", "data": {"name": "Ann"}})).await;
    assert_eq!(status, 200);
    let user = &session["user"];
    let id = user["id"].as_str().unwrap();
    assert_eq!((&session["token_type"], &session["expires_in"]), (&json!("bearer"), &json!(3600)));
    assert_eq!(user["email"], "ann@example.com");
    assert_eq!(user["app_metadata"], json!({"provider": "email", "providers": ["email"]}));
    assert_eq!(user["user_metadata"]["name"], "Ann");
    assert_eq!(user["identities"][0]["provider"], "email");
    assert_eq!(user["identities"][0]["id"], id);
    assert_eq!(user["is_anonymous"], false);
    for time in ["email_confirmed_at", "confirmed_at", "last_sign_in_at", "created_at", "updated_at"] {
        assert!(user[time].as_str().unwrap().ends_with('Z'), "{time}: {user}");
    }
    let claims = auth.stack.jwt.verify(session["access_token"].as_str().unwrap()).unwrap();
    let names: Vec<&str> = claims.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "iss",
            "sub",
            "aud",
            "exp",
            "iat",
            "email",
            "phone",
            "app_metadata",
            "user_metadata",
            "role",
            "aal",
            "amr",
            "session_id",
            "is_anonymous"
        ]
    );
    assert_eq!(claims["amr"][0]["method"], "password");
    assert_eq!(claims["iss"], format!("{}/auth/v1", auth.stack.url));
    assert_eq!(claims["exp"], session["expires_at"]);
    let (status, same) = auth.user(&session).await;
    assert_eq!((status.as_u16(), &same["id"]), (200, &json!(id)));

    let (status, again) = auth.post("/signup", json!({"email": "ann@example.com", "password": "secret1"})).await;
    assert_eq!((status.as_u16(), &again["error_code"]), (422, &json!("user_already_exists")));
    let (_, weak) = auth.post("/signup", json!({"email": "b@example.com", "password": "short"})).await;
    assert_eq!((&weak["error_code"], &weak["weak_password"]["reasons"]), (&json!("weak_password"), &json!(["length"])));
    let (status, missing) = auth.post("/otp", json!({"email": "b@example.com"})).await;
    assert_eq!((status.as_u16(), &missing["error_code"]), (501, &json!("not_implemented")));
    auth.stack.stop().await;
}

#[tokio::test]
async fn refusals_come_in_the_shape_of_the_asked_api_version() {
    let auth = Auth::start().await;
    let wrong = json!({"email": "nobody@example.com", "password": "x"});
    let old = auth.request(Method::POST, "/token?grant_type=password").json(&wrong).send().await.unwrap();
    assert_eq!(old.status(), 400);
    assert_eq!(old.headers()["x-sb-error-code"], "invalid_credentials");
    assert_eq!(
        old.json::<Value>().await.unwrap(),
        json!({"code": 400, "error_code": "invalid_credentials", "msg": "Invalid login credentials"})
    );
    let new = auth
        .request(Method::POST, "/token?grant_type=password")
        .header("x-supabase-api-version", "2024-01-01")
        .json(&wrong)
        .send()
        .await
        .unwrap();
    assert_eq!(new.headers()["x-supabase-api-version"], "2024-01-01");
    assert_eq!(
        new.json::<Value>().await.unwrap(),
        json!({"code": "invalid_credentials", "message": "Invalid login credentials"})
    );
    auth.stack.stop().await;
}

#[tokio::test]
async fn refresh_tokens_rotate_and_lost_replies_are_recoverable() {
    let auth = Auth::start().await;
    let first = auth.signed_up("ann@example.com").await["refresh_token"].clone();
    let (status, second) = auth.refresh(&first).await;
    assert_eq!(status, 200);
    assert_ne!(second["refresh_token"], first);

    // The reply was lost: the parent of the active token gives the active one, however late.
    auth.stack.faults.set_clock_offset(300);
    let (status, again) = auth.refresh(&first).await;
    assert_eq!((status.as_u16(), &again["refresh_token"]), (200, &second["refresh_token"]));
    let claims = auth.stack.jwt.verify_signature(again["access_token"].as_str().unwrap()).unwrap();
    assert_eq!(claims["amr"][0]["method"], "password", "a refresh adds no method");

    let (status, unknown) = auth.refresh(&json!("nonsense")).await;
    assert_eq!((status.as_u16(), &unknown["error_code"]), (400, &json!("refresh_token_not_found")));
    auth.stack.stop().await;
}

#[tokio::test]
async fn a_token_used_within_ten_seconds_is_forgiven_and_later_ends_the_family() {
    let auth = Auth::start().await;
    let first = auth.signed_up("ann@example.com").await["refresh_token"].clone();
    let second = auth.refresh(&first).await.1["refresh_token"].clone();
    let third = auth.refresh(&second).await.1["refresh_token"].clone();
    // `first` is no parent of the active token any more, but was used a moment ago.
    auth.stack.faults.set_clock_offset(5);
    let (status, forgiven) = auth.refresh(&first).await;
    assert_eq!(status, 200, "{forgiven}");
    auth.stack.faults.set_clock_offset(60);
    let (status, refused) = auth.refresh(&second).await;
    assert_eq!((status.as_u16(), &refused["error_code"]), (400, &json!("refresh_token_already_used")));
    // The thief's and the owner's tokens are both dead now.
    for token in [third, forgiven["refresh_token"].clone()] {
        let (status, refused) = auth.refresh(&token).await;
        assert_eq!((status.as_u16(), &refused["error_code"]), (400, &json!("refresh_token_already_used")));
    }
    // Signing in again opens a family of its own.
    let (status, session) =
        auth.post("/token?grant_type=password", json!({"email": "ann@example.com", "password": "secret1"})).await;
    assert_eq!(status, 200);
    assert_eq!(auth.refresh(&session["refresh_token"]).await.0, 200);
    auth.stack.stop().await;
}

#[tokio::test]
async fn refreshes_at_the_same_moment_all_succeed() {
    let auth = Auth::start().await;
    let first = auth.signed_up("ann@example.com").await["refresh_token"].clone();
    let replies = futures_util::future::join_all((0..5).map(|_| auth.refresh(&first))).await;
    let tokens: Vec<&Value> = replies.iter().map(|(_, session)| &session["refresh_token"]).collect();
    assert!(replies.iter().all(|(status, _)| *status == 200), "{replies:?}");
    assert!(tokens.iter().all(|token| *token == tokens[0]), "one child of one parent: {tokens:?}");
    auth.stack.stop().await;
}

#[tokio::test]
async fn anonymous_users_become_permanent_and_keep_their_id() {
    let auth = Auth::start().await;
    let (status, session) = auth.post("/signup", json!({})).await;
    assert_eq!(status, 200);
    let user = session["user"].clone();
    assert_eq!((&user["is_anonymous"], &user["app_metadata"]), (&json!(true), &json!({})));
    assert_eq!(user["identities"], json!([]));
    let token = session["access_token"].as_str().unwrap();
    let put = |body: Value| answer(auth.request(Method::PUT, "/user").bearer_auth(token).json(&body));

    let (status, refused) = put(json!({"password": "secret1"})).await;
    assert_eq!((status.as_u16(), &refused["error_code"]), (422, &json!("validation_failed")));
    auth.signed_up("taken@example.com").await;
    let (status, refused) = put(json!({"email": "taken@example.com", "password": "secret1"})).await;
    assert_eq!((status.as_u16(), &refused["error_code"]), (422, &json!("email_exists")));

    let (status, permanent) = put(json!({"email": "ann@example.com", "password": "secret1"})).await;
    assert_eq!(status, 200, "{permanent}");
    assert_eq!((&permanent["id"], &permanent["is_anonymous"]), (&user["id"], &json!(false)));
    let (_, refreshed) = auth.refresh(&session["refresh_token"]).await;
    let claims = auth.stack.jwt.verify(refreshed["access_token"].as_str().unwrap()).unwrap();
    assert_eq!(claims["is_anonymous"], false);
    let (_, refused) = put(json!({"password": "secret1"})).await;
    assert_eq!(refused["error_code"], "same_password");
    let (status, signed_in) =
        auth.post("/token?grant_type=password", json!({"email": "ann@example.com", "password": "secret1"})).await;
    assert_eq!((status.as_u16(), &signed_in["user"]["id"]), (200, &user["id"]));
    auth.stack.stop().await;
}

#[tokio::test]
async fn signing_out_ends_sessions_by_scope() {
    let auth = Auth::start().await;
    let first = auth.signed_up("ann@example.com").await;
    let sign_in =
        || auth.post("/token?grant_type=password", json!({"email": "ann@example.com", "password": "secret1"}));
    let (_, second) = sign_in().await;
    let (_, third) = sign_in().await;
    let out = |session: &Value, scope: &str| {
        let token = session["access_token"].as_str().unwrap().to_owned();
        answer(auth.request(Method::POST, &format!("/logout?scope={scope}")).bearer_auth(token))
    };
    assert_eq!(out(&first, "local").await.0, 204);
    let (status, gone) = auth.user(&first).await;
    assert_eq!((status.as_u16(), &gone["error_code"]), (403, &json!("session_not_found")));
    assert_eq!(auth.refresh(&first["refresh_token"]).await.1["error_code"], "refresh_token_not_found");
    assert_eq!(auth.user(&second).await.0, 200);
    assert_eq!(out(&second, "others").await.0, 204);
    assert_eq!((auth.user(&second).await.0, auth.user(&third).await.0), (StatusCode::OK, StatusCode::FORBIDDEN));
    assert_eq!(out(&second, "global").await.0, 204);
    assert_eq!(auth.user(&second).await.0, 403);
    auth.stack.stop().await;
}

#[tokio::test]
async fn access_tokens_die_by_the_servers_clock() {
    let auth = Auth::start().await;
    auth.stack.faults.set_token_life(2);
    let session = auth.signed_up("ann@example.com").await;
    assert_eq!(session["expires_in"], 2);
    assert_eq!(auth.user(&session).await.0, 200);
    auth.stack.faults.set_clock_offset(5);
    let (status, expired) = auth.user(&session).await;
    assert_eq!((status.as_u16(), &expired["error_code"]), (403, &json!("bad_jwt")));
    assert_eq!(auth.refresh(&session["refresh_token"]).await.0, 200);
    // The anon key is no user.
    let (status, refused) = answer(auth.request(Method::GET, "/user")).await;
    assert_eq!((status.as_u16(), &refused["error_code"]), (403, &json!("bad_jwt")));
    auth.stack.stop().await;
}

#[tokio::test]
async fn admins_make_accounts_with_a_chosen_id() {
    let auth = Auth::start().await;
    let id = "0aaaaaaa-0000-4000-8000-00000000000a";
    let account = json!({"id": id, "email": "test1@example.com", "password": "secret1", "email_confirm": true});
    let (status, refused) = auth.post("/admin/users", account.clone()).await;
    assert_eq!((status.as_u16(), &refused["error_code"]), (403, &json!("not_admin")));
    let admin = |method: Method, path: &str| {
        let url = format!("{}/auth/v1{path}", auth.stack.url);
        auth.http.request(method, url).header("apikey", &auth.stack.secret_key)
    };
    let (status, user) = answer(admin(Method::POST, "/admin/users").json(&account)).await;
    assert_eq!((status.as_u16(), &user["id"]), (200, &json!(id)), "{user}");
    let (status, again) = answer(admin(Method::POST, "/admin/users").json(&account)).await;
    assert_eq!((status.as_u16(), &again["error_code"]), (422, &json!("email_exists")));
    let (_, session) =
        auth.post("/token?grant_type=password", json!({"email": "test1@example.com", "password": "secret1"})).await;
    assert_eq!(session["user"]["id"], id);
    let (_, list) = answer(admin(Method::GET, "/admin/users")).await;
    assert_eq!(list["users"].as_array().unwrap().len(), 1);
    assert_eq!(answer(admin(Method::DELETE, &format!("/admin/users/{id}"))).await.0, 200);
    assert_eq!(answer(admin(Method::GET, &format!("/admin/users/{id}"))).await.0, 404);
    auth.stack.stop().await;
}

#[tokio::test]
async fn a_mailed_code_is_good_once_and_for_an_hour_and_unknown_addresses_are_not_told_apart() {
    let auth = Auth::start().await;
    let session = auth.signed_up("forgetful@example.com").await;
    let ask = json!({"email": "Forgetful@Example.com"});
    let (status, unknown) = auth.post("/recover", json!({"email": "nobody@example.com"})).await;
    assert_eq!((status, &unknown), (StatusCode::OK, &json!({})));
    assert_eq!(auth.post("/recover", ask.clone()).await, (StatusCode::OK, unknown));
    let (status, soon) = auth.post("/recover", ask.clone()).await;
    assert_eq!((status, &soon["error_code"]), (StatusCode::TOO_MANY_REQUESTS, &json!("over_email_send_rate_limit")));

    let code = |n: usize| auth.stack.mail.to("forgetful@example.com")[n].token.clone();
    let verify = |token: String| {
        auth.post("/verify", json!({"type": "recovery", "email": "forgetful@example.com", "token": token}))
    };
    let (status, wrong) = verify(format!("{}0", code(0))).await;
    assert_eq!(
        (status, wrong),
        (
            StatusCode::FORBIDDEN,
            json!({"code": 403, "error_code": "otp_expired", "msg": "Token has expired or is invalid"})
        )
    );
    // Too old by a second; another one is sent by then.
    auth.stack.faults.set_clock_offset(3601);
    assert_eq!(verify(code(0)).await.1["error_code"], "otp_expired");
    assert_eq!(auth.post("/recover", ask).await.0, StatusCode::OK);
    assert_eq!(verify(code(0)).await.1["error_code"], "otp_expired", "only the newest code is good");
    let (status, recovered) = verify(code(1)).await;
    assert_eq!((status, &recovered["user"]["id"]), (StatusCode::OK, &session["user"]["id"]));
    let claims = auth.stack.jwt.verify_signature(recovered["access_token"].as_str().unwrap()).unwrap();
    assert_eq!(claims["amr"][0]["method"], "otp");
    assert_eq!(verify(code(1)).await.0, StatusCode::FORBIDDEN, "used up");
}
