//! The file browser in our language.

use egui_file_dialog::FileDialog;

use super::Words;

/// The file browser, made when first asked for: in the middle of the window.
pub fn open<'a>(browser: &'a mut Option<FileDialog>, words: &Words) -> &'a mut FileDialog {
    let middle = || FileDialog::new().anchor(egui::Align2::CENTER_CENTER, [0.0, 0.0]).default_size([720.0, 420.0]);
    let browser = browser.get_or_insert_with(middle);
    name(browser, words);
    browser
}

/// Gives the file browser our language.
fn name(browser: &mut FileDialog, words: &Words) {
    let b = &words.browser;
    let labels = browser.labels_mut();
    for (label, text) in [
        (&mut labels.title_select_file, b.title),
        (&mut labels.title_select_directory, b.title_folder),
        (&mut labels.title_save_file, b.title_save),
        (&mut labels.file_name, b.file_name),
        (&mut labels.save_button, b.save),
        (&mut labels.save_extension_any, b.any_ending),
        (&mut labels.overwrite, b.overwrite),
        (&mut labels.overwrite_file_modal_text, b.overwrite_text),
        (&mut labels.err_empty_file_name, b.no_name),
        (&mut labels.err_directory_exists, b.folder_exists),
        (&mut labels.err_file_exists, b.file_exists),
        (&mut labels.selected_directory, b.selected_folder),
        (&mut labels.cancel_button, words.frame.cancel),
        (&mut labels.cancel, words.frame.cancel),
        (&mut labels.open_button, b.open),
        (&mut labels.reload, b.reload),
        (&mut labels.working_directory, b.working_folder),
        (&mut labels.show_hidden, b.hidden),
        (&mut labels.show_system_files, b.system_files),
        (&mut labels.heading_pinned, b.pinned),
        (&mut labels.heading_places, b.places),
        (&mut labels.heading_devices, b.devices),
        (&mut labels.heading_removable_devices, b.removable),
        (&mut labels.home_dir, b.home),
        (&mut labels.desktop_dir, b.desktop),
        (&mut labels.documents_dir, b.documents),
        (&mut labels.downloads_dir, b.downloads),
        (&mut labels.audio_dir, b.music),
        (&mut labels.pictures_dir, b.pictures),
        (&mut labels.videos_dir, b.videos),
        (&mut labels.pin_folder, b.pin),
        (&mut labels.unpin_folder, b.unpin),
        (&mut labels.selected_file, b.selected),
        (&mut labels.file_filter_all_files, b.all_files),
    ] {
        text.clone_into(label);
    }
}
