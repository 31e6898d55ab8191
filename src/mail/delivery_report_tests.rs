//! Reports as servers write them.

use super::*;

const STANDARD: &str = "From: MAILER-DAEMON@mx.example.cn\r\nTo: office@bureau.example.cn\r\n\
Subject: Undelivered Mail Returned to Sender\r\nMIME-Version: 1.0\r\n\
Content-Type: multipart/report; report-type=delivery-status; boundary=b1\r\n\r\n\
--b1\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n\
--b1\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.cn\r\n\r\n\
Final-Recipient: rfc822; zhang@school.example.cn\r\nAction: failed\r\nStatus: 5.1.1\r\n\
Diagnostic-Code: smtp; 550 5.1.1 <zhang@school.example.cn>:\r\n Recipient address rejected\r\n\r\n\
--b1\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <0199-aa@bureau.example.cn>\r\nSubject: x\r\n\r\n\
--b1--\r\n";

#[test]
fn a_standard_report_names_mail_status_and_words() {
    let report = read_report(STANDARD.as_bytes()).expect("a report");
    assert_eq!(report.message_ids, ["0199-aa@bureau.example.cn"]);
    assert_eq!(report.verdict, Verdict::Failed);
    assert_eq!(report.status.as_deref(), Some("5.1.1"));
    assert_eq!(
        report.detail,
        "550 5.1.1 <z***@school.example.cn>: Recipient address rejected"
    );
}

#[test]
fn a_report_of_delay_is_no_end() {
    let text = STANDARD
        .replace("Action: failed", "Action: delayed")
        .replace("Status: 5.1.1", "Status: 4.4.1");
    let report = read_report(text.as_bytes()).expect("a report");
    assert_eq!(report.verdict, Verdict::Other);
}

#[test]
fn a_whole_message_that_comes_back_is_known_too() {
    let text = STANDARD.replace(
        "Content-Type: text/rfc822-headers",
        "Content-Type: message/rfc822",
    );
    let report = read_report(text.as_bytes()).expect("a report");
    assert_eq!(report.message_ids, ["0199-aa@bureau.example.cn"]);
}

#[test]
fn what_a_provider_writes_for_people_is_read() {
    let text = "From: PostMaster@qq.com\r\nTo: office@bureau.example.cn\r\nSubject: =?utf-8?B?6YCA5L+h?=\r\n\
        In-Reply-To: <0199-bb@bureau.example.cn>\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n\
        很抱歉，您的邮件未能送达。\r\nhost mx3.qq.com said: 550 Mailbox not found (zhang@qq.com)\r\n";
    let report = read_report(text.as_bytes()).expect("a report");
    assert_eq!(report.message_ids, ["0199-bb@bureau.example.cn"]);
    assert_eq!(report.verdict, Verdict::Failed);
    assert!(
        report.detail.contains("550 Mailbox not found") && report.detail.contains("z***@qq.com")
    );
}

#[test]
fn an_answer_of_a_person_is_no_report() {
    let holiday = "From: zhang@school.example.cn\r\nSubject: Out of office\r\nAuto-Submitted: auto-replied\r\n\
        In-Reply-To: <0199-cc@bureau.example.cn>\r\n\r\nBack on 5.10.1, room 550.\r\n";
    assert_eq!(read_report(holiday.as_bytes()), None);
    assert_eq!(read_report(b""), None);
    assert_eq!(read_report(&[0xff; 100]), None);
}
