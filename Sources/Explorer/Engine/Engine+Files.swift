import Files
import Labels

extension Engine {
    private func writer(_ request: ExportRequest) -> ExportWriter? {
        models.withLock { $0.indices.contains(request.model) ? $0[request.model] : nil }.map { model in
            ExportWriter(
                request: request, model: model.transformer, saliencyFolder: settings.saliencyFolder, modelName: model.summary.name,
                programVersion: settings.programVersion, input: settings.input)
        }
    }

    func perform(_ job: FileJob) {
        switch job {
        case .export(let request): if let writer = writer(request) { post(writer.write()) }
        case .figure(let request):
            post(
                FigureWriter(request: request, writer: writer, programVersion: settings.programVersion, input: settings.input)
                    .write())
        case .saveMarks(let request): post(ExportWriter.save(request))
        case .saveSession(let request): post(SessionFile.write(request))
        case .readSession(let path):
            do throws(FileError) {
                post(.sessionRead(try SessionFile.read(path.expandingHome)))
            } catch { post(.exportFailed(message: "\(error)")) }
        case .listFolder(let folder):
            let entries = (try? FolderListing(folder.isEmpty ? "." : folder.expandingHome))?.entries ?? []
            post(.folderListed(folder, entries.map { $0.isFolder ? $0.name + "/" : $0.name }.sorted()))
        case .find(let text, let readings): post(NamedPictures.find(text, readings))
        case .writeLabel(let request): post(.labelWritten(picture: request.picture, failure: write(request)))
        case .deliver(let request): post(deliver(request))
        case .loadPreset(let path):
            do throws(FileError) {
                post(.presetLoaded(try Preset.read(path: path.expandingHome).truthfullyNamed(path), path: path))
            } catch { post(.exportFailed(message: "\(error)")) }
        case .loadModel(let path):
            do {
                let model = try settings.loadModel(path.expandingHome)
                models.withLock { $0.append(model) }
                post(.modelLoaded(model.summary, path: path.expandingHome, remark: model.remark))
            } catch { post(.exportFailed(message: "\(error)")) }
        case .addClass(let text, let index):
            guard let model = newest(index) else { return post(.exportFailed(message: "there is no such model any more")) }
            do {
                let model = try settings.addClass(text, model)
                renew(Renewal(model: model, index: index, answer: .classAdded(model.summary, model: index), keepsPasses: true))
            } catch { post(.exportFailed(message: "\(error)")) }
        }
    }
}
