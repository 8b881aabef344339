//! Quantiles that somebody else worked out stand for themselves, and for nothing between them.

use gatecrash_metrics::endpoint::ToldQuantiles;
use gatecrash_metrics::{Endpoint, Keep, Sample};

/// An endpoint of 10 requests of which two quantiles were told.
fn told() -> Endpoint {
    Endpoint {
        requests: 10,
        min_ms: Some(1.0),
        max_ms: 300.0,
        told: Some(ToldQuantiles::new(vec![(0.95, 250.0), (0.5, 20.0)])),
        ..Endpoint::new("GET", "/", 0.0)
    }
}

/// An endpoint with one measured request.
fn measured() -> Endpoint {
    let mut endpoint = Endpoint::new("GET", "/other", 0.0);
    let sample = Sample {
        endpoint: gatecrash_metrics::EndpointId(0),
        at_epoch_s: 1.0,
        response_time_ms: Some(5.0),
        whole_ms: false,
        response_length: 0,
    };
    let keep = Keep {
        seconds: 60,
        window_s: 10,
    };
    endpoint.record(&sample, keep);
    endpoint
}

#[test]
fn only_what_was_told_is_known() {
    let endpoint = told();
    assert_eq!(endpoint.quantile_ms(0.95), Some(250.0));
    assert_eq!(endpoint.quantile_ms(95.0 / 100.0), Some(250.0));
    assert_eq!(endpoint.quantile_ms(0.5), Some(20.0));
    assert_eq!(endpoint.quantile_ms(1.0), Some(300.0));
    assert_eq!(endpoint.quantile_ms(0.9), None);
    assert_eq!(endpoint.quantile_ms(0.951), None);
    let shares: Vec<f64> = endpoint.told.iter().flat_map(|t| t.shares()).collect();
    assert_eq!(shares, [0.5, 0.95]);
}

#[test]
fn two_endpoints_together_have_no_told_quantiles() {
    for other in [told(), measured()] {
        let mut both = told();
        both.merge(&other);
        assert_eq!(both.quantile_ms(0.5), None);
        assert_eq!(both.quantile_ms(1.0), Some(300.0));
        let mut both = other;
        both.merge(&told());
        assert_eq!(both.quantile_ms(0.5), None);
    }
}

#[test]
fn an_endpoint_without_requests_changes_nothing() {
    let mut endpoint = told();
    endpoint.merge(&Endpoint::new("GET", "/none", 0.0));
    assert_eq!(endpoint.quantile_ms(0.5), Some(20.0));
    let mut empty = Endpoint::new("GET", "/none", 0.0);
    empty.merge(&told());
    assert_eq!(empty.quantile_ms(0.5), Some(20.0));
    let mut both = measured();
    both.merge(&measured());
    assert!(both.quantile_ms(0.5).is_some());
}
