package detect

// textReasons are the words of the reasons from firstTextReason on.
var textReasons = [...]string{}
