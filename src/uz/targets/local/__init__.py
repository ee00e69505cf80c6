"""The local target: native processes of this machine under supervisor."""
