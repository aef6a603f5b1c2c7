//! Password, e-mail address and the end of an account, through the Auth server and PostgREST.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used)]

mod devices;

use devices::{Device, account, config, now, run, sign_in, stack};
use serde_json::json;
use tunetrees::remote::auth::{AuthClient, AuthError};
use tunetrees::remote::recovery::Recovery;
use uuid::Uuid;

#[test]
fn a_new_password_ends_the_other_sessions_and_the_old_password() {
    run(async {
        let stack = stack().await;
        let (email, elsewhere) = account(&stack).await;
        let auth = AuthClient::new(config(&stack));
        let here = sign_in(&stack, &email).await;
        let same = auth.update(&here, &json!({ "password": "a good password" })).await.unwrap_err();
        assert_eq!(same, AuthError::SamePassword);
        let weak = auth.update(&here, &json!({ "password": "x" })).await.unwrap_err();
        assert!(matches!(weak, AuthError::WeakPassword(_)), "{weak:?}");
        assert_eq!(auth.update(&here, &json!({ "password": "a better password" })).await.unwrap(), email);
        assert_eq!(auth.sign_in(&email, "a good password", now()).await.unwrap_err(), AuthError::WrongCredentials);
        auth.sign_in(&email, "a better password", now()).await.unwrap();
        assert!(auth.refresh(&elsewhere.refresh_token, now()).await.unwrap_err().ends_session());
        auth.refresh(&here.refresh_token, now()).await.unwrap();
        stack.stop().await;
    });
}

#[test]
fn a_new_address_is_the_one_to_sign_in_with_and_nobody_elses() {
    run(async {
        let stack = stack().await;
        let (email, session) = account(&stack).await;
        let (other, _) = account(&stack).await;
        let auth = AuthClient::new(config(&stack));
        assert_eq!(auth.update(&session, &json!({ "email": other })).await.unwrap_err(), AuthError::EmailTaken);
        let wanted = format!("{}@example.test", Uuid::now_v7().simple());
        assert_eq!(auth.update(&session, &json!({ "email": wanted })).await.unwrap(), wanted);
        assert_eq!(auth.sign_in(&email, "a good password", now()).await.unwrap_err(), AuthError::WrongCredentials);
        assert_eq!(auth.sign_in(&wanted, "a good password", now()).await.unwrap().user, session.user);
        stack.stop().await;
    });
}

#[test]
fn a_deleted_account_is_gone_with_what_was_in_it() {
    run(async {
        let stack = stack().await;
        let (email, session) = account(&stack).await;
        let a = Device::start(config(&stack), Some(session.clone()));
        a.synced().await;
        a.new_tune("Mine alone");
        a.synced().await;
        a.driver.stop();
        let auth = AuthClient::new(config(&stack));
        let admin = devices::database(&stack).await;
        let mine = "select count(*) from public.tune where title = 'Mine alone'";
        assert_eq!(admin.query_one(mine, &[]).await.unwrap().get::<_, i64>(0), 1);
        auth.delete_account(&session).await.unwrap();
        assert_eq!(admin.query_one(mine, &[]).await.unwrap().get::<_, i64>(0), 0);
        assert_eq!(auth.sign_in(&email, "a good password", now()).await.unwrap_err(), AuthError::WrongCredentials);
        assert!(auth.refresh(&session.refresh_token, now()).await.unwrap_err().ends_session());
        // The address is free again.
        auth.sign_up(&email, "a good password", now()).await.unwrap();
        stack.stop().await;
    });
}

#[test]
fn a_mailed_code_chooses_another_password_and_a_refused_one_costs_no_other_code() {
    run(async {
        let stack = stack().await;
        let (email, elsewhere) = account(&stack).await;
        let auth = AuthClient::new(config(&stack));
        let recovery = Recovery::default();
        auth.send_code("nobody@example.test").await.unwrap();
        auth.send_code(&email).await.unwrap();
        assert_eq!(auth.send_code(&email).await.unwrap_err(), AuthError::TooManyAttempts);
        let code = stack.mail.to(&email)[0].token.clone();
        let wrong = if code == "000000" { "000001" } else { "000000" };
        let choose = async |code: &str, wanted: &str| recovery.choose(&auth, (&email, code), wanted, now()).await;
        assert_eq!(choose(wrong, "a new password").await.unwrap_err(), AuthError::CodeRefused);
        assert!(matches!(choose(&code, "x").await.unwrap_err(), AuthError::WeakPassword(_)));
        // A wrong code gains nothing from the right one that was typed before.
        assert_eq!(choose(wrong, "a new password").await.unwrap_err(), AuthError::CodeRefused);
        assert_eq!(
            choose(&code, "a new password").await.unwrap_err(),
            AuthError::CodeRefused,
            "used up, and forgotten"
        );

        stack.faults.set_clock_offset(61);
        auth.send_code(&email).await.unwrap();
        let code = stack.mail.to(&email)[1].token.clone();
        assert!(matches!(choose(&code, "x").await.unwrap_err(), AuthError::WeakPassword(_)));
        // The password is set, and the reply lost.
        stack.faults.add(
            serde_json::from_value(json!({ "match": { "method": "put" }, "times": 1, "action": "drop_reply" }))
                .unwrap(),
        );
        assert!(!choose(&code, "a new password").await.unwrap_err().is_definitive());
        let session = choose(&code, "a new password").await.unwrap();
        assert_eq!(session.user, elsewhere.user);
        assert_eq!(auth.sign_in(&email, "a new password", now()).await.unwrap().user, elsewhere.user);
        assert!(auth.refresh(&elsewhere.refresh_token, now()).await.unwrap_err().ends_session());
        assert_eq!(choose(&code, "another password").await.unwrap_err(), AuthError::CodeRefused, "used up");
        stack.stop().await;
    });
}
