//! Calling a function: which of its overloads is meant, and the statement that calls it.

use std::collections::BTreeSet;

use super::error::ApiError;
use super::plan::{Plan, Reply, columns, common, count, finish, limit};
use super::preferences::Preferences;
use super::query::select::SelectItem;
use super::request::{ApiRequest, is_read};
use super::schema_cache::{Function, Parameter, SCHEMA, Schema};
use super::sql::{Source, Sql, array, quoted, quoted_list};
use super::suggest::nearest;

/// Function settings that must be in force before the function starts.
const HOISTED: [&str; 3] = ["statement_timeout", "plan_filter.statement_cost_limit", "default_transaction_isolation"];

/// The statement that calls the function a request names.
pub fn call(request: &ApiRequest, schema: &Schema, name: &str, max_rows: u32) -> Result<Plan, ApiError> {
    let by_get = is_read(&request.method);
    let given: BTreeSet<&str> = if by_get {
        request.query.arguments.iter().map(|(key, _)| key.as_str()).collect()
    } else {
        let named = request.query.columns.as_ref().or(request.body.keys.as_ref());
        named.into_iter().flatten().map(String::as_str).collect()
    };
    let function = choose(schema, name, &given, !by_get)?;
    let media = request.media()?;
    if request.prefer.enforced_max_affected().is_some() && !function.set {
        let message = "Function must return SETOF or TABLE when max-affected preference is used with handling=strict";
        return Err(ApiError::new(400, "PGRST128", message));
    }

    let mut sql = Sql::default();
    sql.push("WITH pgrst_source AS (");
    source(&mut sql, request, function, &given, by_get);
    sql.push(")");

    let rows_of = Source { qualifier: "pgrst_source", relation: None };
    let query = &request.query;
    let (total, estimate) = count(&mut sql, request, max_rows, |sql| {
        sql.push("SELECT 1 FROM pgrst_source").filter(&query.filters, rows_of);
    });
    if estimate.is_some() {
        return Err(ApiError::not_implemented("Prefer: count=planned and count=estimated on functions"));
    }
    // The rows are read in a CTE of their own, so that the parameters of the filters stand in the one statement.
    let scalar = !function.composite;
    let list = if scalar { "pgrst_source.pgrst_scalar".to_string() } else { columns(&query.select, rows_of)? };
    if scalar && query.select != [SelectItem::All] {
        return Err(ApiError::not_implemented("'select' on a function that returns no columns"));
    }
    sql.push(&format!(", pgrst_rows AS (SELECT {list} FROM pgrst_source"));
    sql.filter(&query.filters, rows_of).order(&query.order, rows_of);
    sql.window(Some(limit(request, max_rows)), request.window.offset).push(")");
    let reply = Reply {
        media,
        total,
        rows: "SELECT * FROM pgrst_rows",
        location: "NULL",
        scalar: scalar.then_some(function.set),
        single: !function.set,
    };
    finish(&mut sql, &reply);
    let hoisted = function.settings.iter().filter(|(name, _)| HOISTED.contains(&name.as_str()));
    let applied = Preferences { max_affected: request.prefer.max_affected, ..common(&request.prefer) };
    Ok(Plan {
        main: sql,
        estimate: None,
        media,
        applied,
        settings: hoisted.cloned().collect(),
        read_only: by_get || !function.volatile,
        void: function.void,
    })
}

fn source(sql: &mut Sql, request: &ApiRequest, function: &Function, given: &BTreeSet<&str>, by_get: bool) {
    let target = format!("{}.{}", quoted(SCHEMA), quoted(&function.name));
    let mut from = Sql { text: String::new(), params: std::mem::take(&mut sql.params) };
    let mut arguments: Vec<String> = Vec::new();
    let mut argument = |parameter: &Parameter, value: &str| {
        let name = quoted(&parameter.name);
        let variadic = if parameter.variadic { "VARIADIC " } else { "" };
        arguments.push(format!("{variadic}{name} := {value}"));
    };
    if let [parameter] = &function.parameters[..]
        && parameter.name.is_empty()
    {
        from.param(request.body.text.as_str());
        arguments.push(format!("{}::{}", from.text, parameter.ty));
        from.text.clear();
    } else if by_get {
        for parameter in function.parameters.iter().filter(|p| given.contains(p.name.as_str())) {
            let values = request.query.arguments.iter().filter(|(key, _)| *key == parameter.name);
            let values: Vec<String> = values.map(|(_, value)| value.clone()).collect();
            let value = if parameter.variadic { array(&values) } else { values.last().cloned().unwrap_or_default() };
            from.text.clear();
            from.param(value);
            argument(parameter, &format!("{}::{}", from.text, parameter.ty));
        }
        from.text.clear();
    } else if !given.is_empty() {
        let parameters: Vec<&Parameter> =
            function.parameters.iter().filter(|p| given.contains(p.name.as_str())).collect();
        let names = quoted_list(parameters.iter().map(|p| p.name.as_str()));
        let typed = parameters.iter().map(|p| format!("{} {}", quoted(&p.name), p.ty)).collect::<Vec<_>>().join(", ");
        let reader = if request.body.is_array { "json_to_recordset" } else { "json_to_record" };
        from.push("(SELECT ").param(request.body.text.as_str()).push("::json AS json_data) pgrst_payload, ");
        from.push(&format!(
            "LATERAL (SELECT {names} FROM {reader}(pgrst_payload.json_data) AS _({typed}) LIMIT 1) pgrst_body, "
        ));
        for parameter in parameters {
            argument(parameter, &format!("pgrst_body.{}", quoted(&parameter.name)));
        }
    }
    sql.params = from.params;
    let mut call = format!("{target}({})", arguments.join(", "));
    if function.void {
        // `void` has no JSON form; as text it is empty.
        call = format!("({call})::text");
    }
    if function.composite {
        sql.push(&format!("SELECT pgrst_call.* FROM {}LATERAL {call} pgrst_call", from.text));
    } else {
        let from = from.text;
        sql.push(&format!(
            "SELECT pgrst_call.pgrst_scalar FROM {from}LATERAL (SELECT {call} AS pgrst_scalar) pgrst_call"
        ));
    }
}

fn choose<'a>(schema: &'a Schema, name: &str, given: &BTreeSet<&str>, by_post: bool) -> Result<&'a Function, ApiError> {
    let overloads = schema.functions.get(name).map_or(&[][..], Vec::as_slice);
    let mut found: Vec<&Function> = overloads.iter().filter(|f| takes(f, given)).collect();
    if found.is_empty() && by_post {
        found = overloads.iter().filter(|f| takes_body(f)).collect();
    }
    match found[..] {
        [function] => Ok(function),
        [] => Err(not_found(schema, name, overloads, given, by_post)),
        _ => {
            let shown = found.iter().map(|f| {
                let parameters = f.parameters.iter().map(|p| format!("{} => {}", p.name, p.ty));
                format!("{SCHEMA}.{name}({})", parameters.collect::<Vec<_>>().join(", "))
            });
            let shown = shown.collect::<Vec<_>>().join(", ");
            let hint = "Try renaming the parameters or the function itself in the database so function overloading can be resolved";
            let message = format!("Could not choose the best candidate function between: {shown}");
            Err(ApiError::new(300, "PGRST203", message).hint(Some(hint.to_string())))
        }
    }
}

/// Every required parameter is given, and nothing that is no parameter.
fn takes(function: &Function, given: &BTreeSet<&str>) -> bool {
    let known = |name: &&str| function.parameters.iter().any(|p| p.name == **name);
    given.iter().all(known) && function.parameters.iter().all(|p| !p.required || given.contains(p.name.as_str()))
}

fn takes_body(function: &Function) -> bool {
    matches!(&function.parameters[..], [p] if p.name.is_empty() && (p.ty == "json" || p.ty == "jsonb"))
}

fn not_found(schema: &Schema, name: &str, overloads: &[Function], given: &BTreeSet<&str>, by_post: bool) -> ApiError {
    let target = format!("{SCHEMA}.{name}");
    let list = given.iter().copied().collect::<Vec<_>>().join(", ");
    let (shown, searched) = match given.len() {
        0 => (" without parameters".to_string(), " without parameters".to_string()),
        1 => (format!("({list})"), format!(" with parameter {list}")),
        _ => (format!("({list})"), format!(" with parameters {list}")),
    };
    let or_body = if by_post { " or with a single unnamed json/jsonb parameter" } else { "" };
    let hint = if overloads.is_empty() {
        nearest(name, schema.functions.keys().map(String::as_str)).map(str::to_owned)
    } else {
        let forms: Vec<String> = overloads.iter().map(parameter_list).collect();
        let wanted = format!("({list})");
        nearest(&wanted, forms.iter().map(String::as_str)).map(|form| format!("{name}{form}"))
    };
    ApiError::new(404, "PGRST202", format!("Could not find the function {target}{shown} in the schema cache"))
        .details(format!(
            "Searched for the function {target}{searched}{or_body}, but no matches were found in the schema cache."
        ))
        .hint(hint.map(|near| format!("Perhaps you meant to call the function {SCHEMA}.{near}")))
}

fn parameter_list(function: &Function) -> String {
    let mut names: Vec<&str> = function.parameters.iter().map(|p| p.name.as_str()).collect();
    names.sort_unstable();
    format!("({})", names.join(", "))
}
