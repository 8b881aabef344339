//! The smallest user of Goose: `GET /`, again and again.
//!
//! In: Goose's own options (`--host`, `--users`, `--run-time`). Out: load, and Goose's metrics.

use goose::prelude::*;

#[tokio::main]
async fn main() -> Result<(), GooseError> {
    let smallest = scenario!("smallest").register_transaction(transaction!(get));
    GooseAttack::initialize()?
        .register_scenario(smallest)
        .execute()
        .await?;
    Ok(())
}

async fn get(user: &mut GooseUser) -> TransactionResult {
    user.get("/").await?;
    Ok(())
}
