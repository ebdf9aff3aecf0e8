"""What cuts across vendors, behind the same port."""
