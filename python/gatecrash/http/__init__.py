"""Requests as ``requests`` would make them, sent by the engine.

Three ways lead through here, in this order of preference:

* quick: the engine encodes the head itself (plain URL, plain headers, a body that is at hand);
* prepared: ``requests`` prepares the call, the engine sends it (cookies over redirects, auth,
  hooks, files, streams …), by the adapter in :mod:`gatecrash.http.adapter`;
* foreign: the file mounted an adapter of its own or asked for a proxy, and ``requests`` does it
  all. :mod:`gatecrash.http.foreign` counts these and why.

A call takes the first way that gives exactly what ``requests`` would give.
"""
