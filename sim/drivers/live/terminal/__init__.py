"""情報連携端末 as a process: folders on one side, the ministry server on the other, and a console."""
