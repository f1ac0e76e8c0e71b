# language: ja
機能: 通信できるシステムを限定する（新宿区資料2019年 情報保護対策4、S3-029）

  庁内で端末に記録を渡せるのは住基側だけである。ICカード取扱端末など、他のシステムは接続できない。

  @case:TERM-071 @role:exchange-terminal
  シナリオアウトライン: 端末に接続できるシステムは限られている
    前提 2026年6月3日の10時の情報連携端末である
    もし 「<だれ>」が<どこ>から「<何>」に接続を試みる
    ならば 「<だれ>」は<どこ>から端末に<可否>

    例:
      | 枝番 | だれ            | どこ         | 何       | 可否         |
      | 1    | register        | 庁内         | records  | 接続できる   |
      | 2    | ministry        | ネットワーク | exchange | 接続できる   |
      | 3    | card-terminal   | 庁内         | records  | 接続できない |
      | 4    | branch-office   | 庁内         | records  | 接続できない |
      | 5    | tax-system      | 庁内         | records  | 接続できない |
      | 6    | terminal-131130 | ネットワーク | exchange | 接続できない |
      | 7    | card-terminal   | ネットワーク | exchange | 接続できない |

  @case:TERM-072 @role:exchange-terminal
  シナリオ: 限定されたシステム以外の試みは記録される
    前提 2026年6月3日の10時の情報連携端末である
    もし 「card-terminal」が庁内から「records」に接続を試みる
    かつ 「card-terminal」が庁内から「records」に接続を試みる
    ならば 「card-terminal」の試みが2回、記録される
