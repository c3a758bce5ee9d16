//! Merkle trees (RFC 6962).
